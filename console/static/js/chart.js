// ECharts with the page's colours, kept at the size of its box.

import * as echarts from "/static/vendor/echarts.js";

const TOKENS = ["paper", "surface", "sunken", "ink", "ink-2", "ink-3", "line", "line-strong", "critical", "high", "medium", "low", "ok", "bar", "bar-strong", "link"];

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(TOKENS.map((name) => [name.replace("-", "_"), style.getPropertyValue(`--${name}`).trim()]));
}

/** Text that leaves the page's hands in a tooltip (ECharts takes HTML there). */
export const escape = (text) => echarts.format.encodeHTML(String(text));

export class Chart {
  constructor(box) {
    this.box = box;
    this.chart = echarts.init(box, null, { renderer: "canvas" });
    this.watch = new ResizeObserver(() => { this.chart.resize(); this.onResize?.(); });
    this.watch.observe(box);
  }

  set(option) {
    const c = colours();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const font = getComputedStyle(document.body).fontFamily;
    const tooltip = { backgroundColor: c.surface, borderColor: c.line_strong, textStyle: { color: c.ink, fontSize: 13, fontFamily: font }, confine: true, ...option.tooltip };
    this.chart.setOption({ animation: !still, animationDuration: 250, animationDurationUpdate: 250, textStyle: { fontFamily: font }, ...option, tooltip }, { notMerge: true });
  }

  close() {
    this.watch.disconnect();
    this.chart.dispose();
  }
}
