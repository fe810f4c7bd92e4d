// Curves over days or weeks, one grid below the other with one axis, and a legend. The table beside says the same.

import { colours, escape } from "./chart.js";
import { h } from "./dom.js";
import { count, measure } from "./format.js";

const HEAD = 26;
const GAP = 8;
const FOOT = 28;

const faded = (colour, share) => `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`;

/** A box for curves, and the legend below it; `draw(chart)` fills it once it stands in the page. */
export function curves(aria, labels, grids, { height = 140 } = {}) {
  const box = h("div", { class: "chart curves", role: "img", "aria-label": aria, style: `height: ${FOOT + grids.length * height}px` });
  const c = colours();
  const legend = h("div", { class: "legend" }, grids.flatMap(({ series }) => series).map(({ name, kind, colour }) =>
    h("span", null, h("i", { class: SIGNS[kind], style: `--c:${c[colour]}` }), name)));
  return { elements: [box, legend], draw: (chart) => chart.set(option(labels, grids, height)) };
}

const SIGNS = { bar: "block", line: "stroke", dash: "dash", band: "wash", dots: "dot" };

function option(labels, grids, height) {
  const c = colours();
  const last = grids.length - 1;
  const box = (at) => ({ left: 56, right: 16, outerBoundsMode: "none", top: at * height + HEAD, height: height - HEAD - GAP });
  return {
    grid: grids.map((_, at) => box(at)),
    xAxis: grids.map((_, at) => ({
      type: "category", gridIndex: at, data: labels, axisLine: { lineStyle: { color: c.line_strong } }, axisTick: { show: false },
      axisLabel: { show: at === last, color: c.ink_3, fontSize: 12, hideOverlap: true }, axisPointer: { show: true, type: "shadow", shadowStyle: { color: c.line, opacity: 0.35 }, label: { show: false } },
    })),
    yAxis: grids.map(({ name, format = count, whole = true }, at) => ({
      type: "value", gridIndex: at, name, min: 0, splitNumber: 3, ...(whole ? { minInterval: 1 } : {}), nameLocation: "end", nameGap: 8, nameTextStyle: { color: c.ink_3, fontSize: 12, align: "left", padding: [0, 0, 0, -44] },
      splitLine: { lineStyle: { color: c.line } }, axisLabel: { color: c.ink_3, fontSize: 12, formatter: (value) => format(value) },
    })),
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: { trigger: "axis", formatter: (items) => tip(labels, grids, items[0]?.dataIndex ?? 0) },
    series: grids.flatMap(({ series }, at) => series.flatMap((one) => drawn(one, at, c[one.colour]))),
  };
}

function drawn({ name, kind, values, lower, upper, marked = [] }, at, colour) {
  const common = { name, xAxisIndex: at, yAxisIndex: at };
  if (kind === "bar") {
    return [{ ...common, type: "bar", barGap: "-100%", barCategoryGap: "18%", barMaxWidth: 22, data: values, itemStyle: { color: colour } }];
  }
  if (kind === "dots") {
    const critical = colours().critical;
    return [{ ...common, type: "scatter", symbolSize: 9, z: 5, data: values.map((value, i) => ({ value, itemStyle: { color: marked[i] ? critical : colour } })) }];
  }
  if (kind === "band") {
    const line = { ...common, type: "line", showSymbol: false, silent: true, z: 1, stack: `band ${at} ${name}` };
    return [
      { ...line, data: lower, lineStyle: { opacity: 0 } },
      { ...line, data: upper.map((high, i) => (high === null ? null : high - lower[i])), lineStyle: { opacity: 0 }, areaStyle: { color: faded(colour, 0.22) } },
    ];
  }
  return [{ ...common, type: "line", showSymbol: false, connectNulls: false, z: 4, data: values, lineStyle: { color: colour, width: 2, type: kind === "dash" ? "dashed" : "solid" }, itemStyle: { color: colour } }];
}

function tip(labels, grids, at) {
  const rows = grids.flatMap(({ series, format = count }) => series.map(({ name, kind, values, lower, upper }) => {
    const shown = kind === "band" ? (upper[at] === null ? "–" : `${format(lower[at])} – ${format(upper[at])}`) : values[at] === null || values[at] === undefined ? "–" : format(values[at]);
    return `<br>${escape(name)} <b>${escape(shown)}</b>`;
  }));
  return `<b>${escape(labels[at] ?? "")}</b>${rows.join("")}`;
}

/** A number with its interval in words: 51 (42 – 62). */
export const interval = (middle, lower, upper, format = measure) =>
  (middle === null || middle === undefined ? null : `${format(middle)} (${format(lower)} – ${format(upper)})`);
