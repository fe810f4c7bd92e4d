// Clinic, laboratory and port of one disease and place on one time axis.

import { card, note } from "../cards.js";
import { colours, escape } from "../chart.js";
import { h } from "../dom.js";
import { addDays, count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { asTable } from "../table.js";

const ROW = 92;

/** The card, and what draws its chart once it stands; null where only one source knows the disease. */
export function sourcesCard({ sources, curve, event, alert }) {
  const known = sources.filter((one) => one.counts);
  if (known.length < 2) return null;
  const days = curve.counts.map((_, at) => addDays(curve.from, at));
  // Alarm days of every alert of the event, by source; this alert's own are among them or stand alone.
  const alarms = new Map(sources.map(({ source }) => [source, new Set(event.filter((one) => one.source === source).flatMap((one) => one.days))]));
  if (!event.length) alarms.set(alert.source, new Set(curve.alarm_days));
  const totals = known.map((one) => `${t(`source.${one.source}`)} ${count(one.counts.reduce((a, b) => a + b, 0))}`).join(", ");
  const box = h("div", { class: "sources-chart", role: "img", style: `height: ${known.length * ROW + 40}px`, "aria-label": t("sources.aria", { totals }) });
  const absent = sources.filter((one) => !one.counts).map((one) => t("sources.absent", { source: t(`source.${one.source}`) }));
  const places = known.flatMap((one) => one.places).map(named).join(t("list.and"));
  const rows = days.map((iso, at) => [day(iso, { year: true }), ...known.map((one) => count(one.counts[at]))]).reverse();
  const element = card(t("sources.title"), null, box, note(t("sources.note"), places ? ` ${t("sources.ports", { places })}` : "", absent.length ? ` ${absent.join(" ")}` : ""),
    asTable(t("sources.title"), [t("curve.day"), ...known.map((one) => ({ text: t(`source.${one.source}`), n: true }))], rows));
  return { element, draw: (make) => make(box).set(option(known, days, alarms)) };
}

function option(known, days, alarms) {
  const c = colours();
  const label = (one) => t(`source.${one.source}`);
  return {
    animation: false,
    grid: known.map((_, at) => ({ left: 48, right: 16, top: 22 + at * ROW, height: ROW - 34, outerBoundsMode: "none" })),
    xAxis: known.map((_, at) => ({ type: "category", gridIndex: at, data: days, axisTick: { show: false }, axisLine: { lineStyle: { color: c.line_strong } },
      axisLabel: { show: at === known.length - 1, color: c.ink_3, fontSize: 12, formatter: (iso) => day(iso), hideOverlap: true } })),
    yAxis: known.map((one, at) => ({ type: "value", gridIndex: at, minInterval: 1, splitNumber: 2, name: label(one), nameLocation: "end", nameGap: 6,
      nameTextStyle: { color: c.ink, fontSize: 13, fontWeight: 600, align: "left", padding: [0, 0, 0, -34] }, splitLine: { lineStyle: { color: c.line } }, axisLabel: { color: c.ink_3, fontSize: 11, formatter: (value) => count(value) } })),
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: (items) => {
      const at = items[0]?.dataIndex ?? 0;
      return `<b>${escape(day(days[at], { year: true }))}</b>${known.map((one) => `<br>${escape(label(one))} <b>${escape(count(one.counts[at]))}</b>`).join("")}`;
    } },
    series: known.map((one, at) => ({ type: "bar", xAxisIndex: at, yAxisIndex: at, barCategoryGap: "18%", barMaxWidth: 22,
      data: one.counts.map((value, i) => ({ value, itemStyle: { color: alarms.get(one.source)?.has(days[i]) ? c.critical : c.bar } })) })),
  };
}
