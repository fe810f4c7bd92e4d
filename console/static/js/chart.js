// ECharts with the page's colours, kept at the size of its box.

import { t } from "./i18n.js";

// The library is installed, not committed. Without it the page still shows every number, as text and tables.
const echarts = await import("/static/vendor/echarts.js").catch(() => null);

const TOKENS = ["paper", "surface", "sunken", "ink", "ink-2", "ink-3", "line", "line-strong", "critical", "high", "medium", "low", "ok", "bar", "bar-strong", "link"];

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(TOKENS.map((name) => [name.replace("-", "_"), style.getPropertyValue(`--${name}`).trim()]));
}

/** Text that leaves the page's hands in a tooltip (ECharts takes HTML there). */
export const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

export class Chart {
  constructor(box) {
    this.box = box;
    if (!echarts) {
      box.replaceChildren(t("chart.missing"));
      return;
    }
    this.chart = echarts.init(box, null, { renderer: "canvas" });
    this.watch = new ResizeObserver(() => { this.chart.resize(); this.onResize?.(); });
    this.watch.observe(box);
  }

  onClick(take) {
    this.chart?.on("click", take);
  }

  on(event, take) {
    this.chart?.on(event, take);
  }

  /** What the chart's zooms show now, in percent: {start, end} each. */
  zooms() {
    return this.chart.getOption().dataZoom;
  }

  set(option) {
    if (!this.chart) return;
    const c = colours();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const font = getComputedStyle(document.body).fontFamily;
    const tooltip = { backgroundColor: c.surface, borderColor: c.line_strong, textStyle: { color: c.ink, fontSize: 13, fontFamily: font }, confine: true, ...option.tooltip };
    this.chart.setOption({ animation: !still, animationDuration: 250, animationDurationUpdate: 250, textStyle: { fontFamily: font }, ...option, tooltip }, { notMerge: true });
  }

  close() {
    this.watch?.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }
}
