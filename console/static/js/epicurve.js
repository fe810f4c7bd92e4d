// The epidemic curve: cases of each day, and beside them what the chosen method compared and with which bound.

import { Chart, colours, escape } from "./chart.js";
import { h } from "./dom.js";
import { addDays, count, day, measure } from "./format.js";
import { named, t } from "./i18n.js";
import { method, span } from "./rules.js";

// A remark stands below the chart in words, and on it as a number: words on a curve hide the curve.
const signs = ["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"];

const windowSum = (counts, width) => counts.map((_, at) => counts.slice(Math.max(0, at - width + 1), at + 1).reduce((a, b) => a + b, 0));

export class Epicurve {
  constructor(root, detail) {
    this.detail = detail;
    const { curve, alert } = detail;
    this.days = curve.counts.map((_, at) => addDays(curve.from, at));
    this.names = alert.evidence.map((evidence) => evidence.method).filter((name) => curve.methods[name]);
    this.chosen = alert.lead && curve.methods[alert.lead.method] ? alert.lead.method : this.names[0];
    this.buttons = h("div", { class: "methods-choice", role: "group", "aria-label": t("curve.choose") });
    const total = curve.counts.reduce((a, b) => a + b, 0);
    const aria = t("curve.aria", { from: day(curve.from, { year: true }), to: day(this.days.at(-1), { year: true }), n: count(total), alarms: curve.alarm_days.length });
    this.box = h("div", { class: "chart", role: "img", "aria-label": aria });
    this.legend = h("div", { class: "legend" });
    this.note = h("p", { class: "note" });
    this.table = h("details", { ontoggle: () => this.#drawTable() }, h("summary", null, t("curve.table")), h("div", { class: "scroll" }));
    root.append(h("header", null, h("h3", null, t("curve.title")), this.buttons), this.box, this.legend, this.#notes(), this.note, this.table);
    this.chart = new Chart(this.box);
    this.draw();
  }

  close() {
    this.chart.close();
  }

  #notes() {
    const { annotations } = this.detail;
    return annotations.length ? h("ol", { class: "annotations", "aria-label": t("curve.notes") }, annotations.map((note, at) => h("li", null, h("b", null, `${signs[at] ?? "•"} ${day(note.day)}`), " ", named(note)))) : "";
  }

  get #parameters() {
    return this.detail.alert.evidence.find((evidence) => evidence.method === this.chosen).parameters;
  }

  draw() {
    const alarmed = new Set(this.detail.alert.evidence.filter((evidence) => evidence.alarm).map((evidence) => evidence.method));
    this.buttons.replaceChildren(...this.names.map((name) => h("button", { type: "button", "aria-pressed": String(name === this.chosen),
      onclick: () => { this.chosen = name; this.draw(); this.buttons.querySelector("[aria-pressed=true]").focus(); } },
      alarmed.has(name) ? h("span", { class: "alarmed", title: t("methods.alarm") }, "● ") : null, method(name))));
    const width = span(this.chosen, this.#parameters);
    this.chart.set(this.#option(width));
    this.note.textContent = `${t(width > 1 ? "curve.note.window" : "curve.note.day", { n: width })} ${t("curve.note.filled")}`;
    this.#drawLegend(width);
    this.#drawTable();
  }

  #drawLegend(width) {
    const c = colours();
    const sign = (kind, colour, text) => h("span", null, h("i", { class: kind, style: `--c:${colour}` }), text);
    this.legend.replaceChildren(
      sign("block", c.bar, t("curve.count")), sign("block", c.critical, t("curve.alarm")),
      ...(this.detail.curve.other_alarm_days.length ? [h("span", null, h("i", { class: "block", style: `--c:${c.critical}; opacity: 0.35` }), t("curve.other"))] : []),
      ...(width > 1 ? [sign("stroke", c.ink, t("curve.sum", { n: width }))] : []),
      sign("dash", c.low, t("curve.expected")), sign("wash", c.low, t("curve.upper")));
  }

  #drawTable() {
    if (!this.table.open) return;
    const { curve } = this.detail;
    const band = curve.methods[this.chosen];
    const width = span(this.chosen, this.#parameters);
    const sums = windowSum(curve.counts, width);
    const head = [t("curve.day"), t("curve.count"), ...(width > 1 ? [t("curve.sum", { n: width })] : []), t("curve.expected"), t("curve.upper"), method(this.chosen)];
    this.table.lastElementChild.replaceChildren(h("table", null,
      h("thead", null, h("tr", null, head.map((text, at) => h("th", { scope: "col", class: at ? "n" : null }, text)))),
      h("tbody", null, this.days.map((iso, at) => h("tr", null, h("th", { scope: "row" }, day(iso)), h("td", { class: "n" }, count(curve.counts[at])),
        width > 1 ? h("td", { class: "n" }, count(sums[at])) : null, h("td", { class: "n" }, measure(band.expected[at])), h("td", { class: "n" }, measure(band.upper[at])),
        h("td", { class: "n" }, band.alarm[at] ? h("span", { class: "yes" }, t("methods.alarm")) : "–"))).reverse())));
  }

  #option(width) {
    const c = colours();
    const { curve, annotations } = this.detail;
    const band = curve.methods[this.chosen];
    const sums = windowSum(curve.counts, width);
    const alarms = new Set(curve.alarm_days);
    const others = new Set(curve.other_alarm_days);
    const two = width > 1;
    const at = two ? 1 : 0;
    const last = this.days.length - 1;
    const axis = (index, labels) => ({
      type: "category", gridIndex: index, data: this.days, boundaryGap: true, axisLine: { lineStyle: { color: c.line_strong } }, axisTick: { show: false },
      axisLabel: { show: labels, color: c.ink_3, fontSize: 12, formatter: (iso) => day(iso), hideOverlap: true }, axisPointer: { show: true, type: "shadow", shadowStyle: { color: c.line, opacity: 0.35 }, label: { show: false } },
    });
    const values = (index, name) => ({
      type: "value", gridIndex: index, minInterval: 1, name, nameLocation: "end", nameGap: 8, nameTextStyle: { color: c.ink_3, fontSize: 12, align: "left", padding: [0, 0, 0, -34] },
      splitNumber: two ? 3 : 4, splitLine: { lineStyle: { color: c.line } }, axisLabel: { color: c.ink_3, fontSize: 12, formatter: (value) => count(value) },
    });
    const bars = {
      type: "bar", name: "count", xAxisIndex: 0, yAxisIndex: 0, barCategoryGap: "18%", barMaxWidth: 22, z: 3,
      data: curve.counts.map((value, i) => ({ value, itemStyle: { color: alarms.has(this.days[i]) || others.has(this.days[i]) ? c.critical : c.bar, opacity: others.has(this.days[i]) ? 0.35 : i === last && curve.partial ? 0.6 : 1 } })),
      markLine: {
        silent: true, symbol: ["none", "none"], animation: false, lineStyle: { color: c.medium, type: "solid", width: 1.5 },
        label: { position: "end", distance: 2, rotate: 0, color: c.medium, fontSize: 12, fontWeight: 600, formatter: ({ data }) => data.text },
        data: annotations.map((note, number) => ({ xAxis: note.day, text: signs[number] ?? "•" })),
      },
    };
    const line = (name, data, style, extra = {}) => ({ type: "line", name, xAxisIndex: at, yAxisIndex: at, data, showSymbol: false, z: 4, lineStyle: style, itemStyle: { color: style.color }, ...extra });
    const base = band.upper.map((upper, i) => (upper === null ? null : Math.min(band.expected[i] ?? 0, upper)));
    const lift = band.upper.map((upper, i) => (upper === null ? null : upper - base[i]));
    const series = [
      bars,
      line("base", base, { opacity: 0, color: c.low }, { stack: "band", silent: true, z: 1 }),
      line("band", lift, { color: c.low, width: 1.25, opacity: 0.9 }, { stack: "band", areaStyle: { color: c.low, opacity: 0.16 }, silent: true, z: 1, step: false }),
      line("expected", band.expected, { color: c.low, width: 1.5, type: "dashed" }),
    ];
    if (two) series.push(line("sum", sums, { color: c.ink, width: 2 }),
      { type: "scatter", name: "alarm", xAxisIndex: 1, yAxisIndex: 1, z: 5, symbolSize: 7, itemStyle: { color: c.critical }, data: sums.map((value, i) => (band.alarm[i] ? [this.days[i], value] : null)).filter(Boolean) });
    const zoomed = this.days.length > 90;
    const foot = zoomed ? 34 : 0;
    return {
      grid: (two ? [{ top: 28, height: "42%" }, { top: "60%", bottom: 24 + foot }] : [{ top: 28, bottom: 24 + foot }]).map((box) => ({ left: 48, right: 16, outerBoundsMode: "none", ...box })),
      xAxis: two ? [axis(0, false), axis(1, true)] : [axis(0, true)],
      yAxis: two ? [values(0, t("curve.count")), values(1, t("curve.sum", { n: width }))] : [values(0, t("curve.count"))],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      tooltip: { trigger: "axis", formatter: (items) => this.#tip(items[0]?.dataIndex ?? 0, sums, width) },
      dataZoom: zoomed ? [{ type: "slider", xAxisIndex: two ? [0, 1] : [0], bottom: 0, height: 22, startValue: Math.max(0, last - 90), endValue: last, brushSelect: false, borderColor: c.line, fillerColor: `${c.low}22`, labelFormatter: (_, iso) => day(iso), textStyle: { color: c.ink_3, fontSize: 11 } }] : [],
      series,
    };
  }

  #tip(at, sums, width) {
    const { curve } = this.detail;
    const band = curve.methods[this.chosen];
    const rows = [[t("curve.count"), count(curve.counts[at])]];
    if (width > 1) rows.push([t("curve.sum", { n: width }), count(sums[at])]);
    rows.push([t("curve.expected"), measure(band.expected[at])], [t("curve.upper"), measure(band.upper[at])]);
    if (band.alarm[at]) rows.push([method(this.chosen), t("methods.alarm")]);
    if (at === curve.counts.length - 1 && curve.partial) rows.push(["", t("curve.partial")]);
    return `<b>${escape(day(this.days[at], { year: true }))}</b>${rows.map(([name, value]) => `<br>${escape(name)} <b>${escape(value)}</b>`).join("")}`;
  }
}
