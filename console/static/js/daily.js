// Counts by day as bars, with dated remarks, and the same numbers as a table.

import { colours, escape } from "./chart.js";
import { h } from "./dom.js";
import { addDays, count, day } from "./format.js";
import { named, t } from "./i18n.js";
import { asTable } from "./table.js";

const signs = ["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"];

/** The elements, and what draws the chart once they stand. */
export function daily(label, from, counts, annotations = []) {
  const days = counts.map((_, at) => addDays(from, at));
  const total = counts.reduce((a, b) => a + b, 0);
  const box = h("div", { class: "chart low", role: "img", "aria-label": t("daily.aria", { label, from: day(from, { year: true }), to: day(days.at(-1), { year: true }), n: count(total) }) });
  const notes = annotations.length ? h("ol", { class: "annotations", "aria-label": t("curve.notes") }, annotations.map((note, at) => h("li", null, h("b", null, `${signs[at] ?? "•"} ${day(note.day)}`), " ", named(note)))) : null;
  const rows = days.map((iso, at) => [day(iso, { year: true }), count(counts[at])]).reverse();
  return {
    elements: [box, notes, asTable(label, [t("curve.day"), { text: t("curve.count"), n: true }], rows)],
    draw: (make) => make(box).set(option(days, counts, annotations)),
  };
}

function option(days, counts, annotations) {
  const c = colours();
  return {
    animation: false,
    grid: { left: 52, right: 16, top: 24, bottom: 24, outerBoundsMode: "none" },
    xAxis: { type: "category", data: days, axisTick: { show: false }, axisLine: { lineStyle: { color: c.line_strong } }, axisLabel: { color: c.ink_3, fontSize: 12, formatter: (iso) => day(iso), hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3, splitLine: { lineStyle: { color: c.line } }, axisLabel: { color: c.ink_3, fontSize: 12, formatter: (value) => count(value) } },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([item]) => `<b>${escape(day(days[item.dataIndex], { year: true }))}</b><br>${escape(t("curve.count"))} <b>${escape(count(counts[item.dataIndex]))}</b>` },
    series: [{
      type: "bar", barCategoryGap: "18%", barMaxWidth: 22, data: counts, itemStyle: { color: c.bar_strong },
      markLine: { silent: true, symbol: ["none", "none"], animation: false, lineStyle: { color: c.medium, type: "solid", width: 1.5 },
        label: { position: "end", distance: 2, rotate: 0, color: c.medium, fontSize: 12, fontWeight: 600, formatter: ({ data }) => data.text },
        data: annotations.map((note, at) => ({ xAxis: note.day, text: signs[at] ?? "•" })) },
    }],
  };
}
