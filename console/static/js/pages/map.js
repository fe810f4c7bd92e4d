// Where the cases are: one point an area on a bare graticule. A map with boundaries would need an approval number.

import { ask } from "../api.js";
import { place, within } from "../alert-words.js";
import { Chart, colours, escape } from "../chart.js";
import { h } from "../dom.js";
import { count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { severityMark, shape, SEVERITIES } from "../marks.js";
import { BOX, graticule, project } from "../projection.js";

const NEAREST = 8;
const STEP = 1.6;

const LABELS = 14;
const TABLE = 40;
// By the logarithm, or one city of an epidemic covers its province.
const size = (n, scale = 1) => (n ? 3 + scale * (1 + 7.5 * Math.log10(1 + n)) : 3);
const SCALE = [1, 10, 100, 1000, 10000];

export default class MapPage {
  constructor(root) {
    this.root = root;
    this.disease = "";
    this.by = "city";
    this.data = null;
    // Which part of the plane is shown, in percent of each axis.
    this.zoom = { x: [0, 100], y: [0, 100] };
  }

  open() {
    this.heading = h("h2", null, t("map.title"));
    this.upto = h("p", { class: "lede" });
    this.choice = h("select", { class: "choice", onchange: (event) => { this.disease = event.target.value; this.refresh(); } });
    const by = (value, text) => h("option", { value, selected: value === this.by }, t(text));
    const level = h("select", { class: "choice", "aria-label": t("map.by"), onchange: (event) => { this.by = event.target.value; this.refresh(); } }, by("city", "map.by.city"), by("county", "map.by.county"));
    const button = (text, label, factor) => h("button", { type: "button", class: "quiet", "aria-label": t(label), onclick: () => this.#zoom(factor) }, text);
    this.box = h("div", { class: "map", role: "img", "aria-label": t("map.aria") });
    this.legend = h("div", { class: "legend" });
    this.rows = h("tbody");
    const table = h("details", null, h("summary", null, t("map.table")), h("div", { class: "scroll" }, h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, t("map.place")), h("th", { scope: "col", class: "n" }, t("map.count")), h("th", { scope: "col" }, t("map.state")))), this.rows)));
    this.root.replaceChildren(
      h("div", { class: "headline" }, this.heading, h("label", { class: "map-choice" }, h("span", { class: "visually-hidden" }, t("map.disease")), this.choice), level,
        h("span", { class: "zoom", role: "group", "aria-label": t("map.zoom") }, button("+", "map.closer", STEP), button("−", "map.farther", 1 / STEP))),
      this.upto,
      h("div", { class: "card" }, this.box, this.legend, h("p", { class: "note" }, t("map.note"), " ", t("map.zoom.note")), table));
    this.chart = new Chart(this.box);
    this.chart.onResize = () => this.#draw();
    this.chart.on("datazoom", () => this.#zoomed());
    this.chart.onClick(({ data }) => { if (data?.alert) location.hash = `#/alert/${encodeURIComponent(data.alert)}`; });
    if (this.data) this.#draw();
    return this.refresh();
  }

  close() {
    this.chart?.close();
    this.chart = null;
  }

  async refresh() {
    const [asked, by] = [this.disease, this.by];
    try {
      // Where counties lie does not change: it is asked once.
      const [data, background] = await Promise.all([
        ask(`/api/map?disease=${encodeURIComponent(asked)}&by=${by}`),
        by === "county" ? this.background ?? ask("/api/map/background") : null,
      ]);
      if (asked !== this.disease || by !== this.by) return;
      this.data = data;
      this.background = background ?? this.background;
      this.failed = null;
    } catch (error) {
      this.failed = error.message;
    }
    if (this.chart) this.#draw();
  }

  /** Show a smaller or larger part around the middle of what is shown. */
  #zoom(factor) {
    for (const axis of ["x", "y"]) {
      const [from, to] = this.zoom[axis];
      const half = Math.min(50, Math.max(50 / NEAREST, (to - from) / 2 / factor));
      const middle = Math.min(100 - half, Math.max(half, (from + to) / 2));
      this.zoom[axis] = [middle - half, middle + half];
    }
    if (this.data) this.#draw();
  }

  #zoomed() {
    const [x, y] = this.chart.zooms();
    this.zoom = { x: [x.start, x.end], y: [y.start, y.end] };
  }

  #draw() {
    if (!this.chart) return;
    if (!this.data) { this.upto.textContent = this.failed ? t("alert.failed", { why: this.failed }) : ""; return; }
    const { points, upto, total, affected, diseases } = this.data;
    this.upto.textContent = this.failed ? t("alert.failed", { why: this.failed })
      : upto ? `${t("map.upto", { day: day(upto, { year: true }) })} · ${t("map.total", { n: count(total), places: count(affected) })}` : t("clock.none");
    this.choice.replaceChildren(h("option", { value: "" }, t("map.disease.all")),
      ...diseases.map((disease) => h("option", { value: disease.code, selected: disease.code === this.disease }, named(disease))));
    this.chart.set(this.#option(points));
    this.#drawLegend();
    this.rows.replaceChildren(...points.filter((point) => point.count || point.alert).slice(0, TABLE).map((point) => h("tr", null,
      h("th", { scope: "row" }, place({ area: point }), h("small", null, within({ area: point }))), h("td", { class: "n" }, count(point.count)),
      h("td", null, point.alert ? h("a", { href: `#/alert/${encodeURIComponent(point.alert)}` }, severityMark(point.severity)) : h("span", { class: "no" }, t("map.noalert"))))));
  }

  get #scale() {
    return Math.min(1, 0.4 + this.box.clientWidth / 1200) * (this.by === "county" ? 0.6 : 1);
  }

  #drawLegend() {
    const c = colours();
    const present = SEVERITIES.filter((severity) => this.data.points.some((point) => point.severity === severity));
    this.legend.replaceChildren(
      ...present.map((severity) => h("span", { class: `severity ${severity}` }, shape(severity), t(`severity.${severity}`))),
      h("span", null, h("i", { class: "dot", style: `--c:${c.bar_strong}` }), t("map.legend.none")),
      h("span", null, h("i", { class: "dot", style: `--c:${c.line_strong}; width: 4px; height: 4px` }), t("map.legend.zero")),
      ...SCALE.map((n) => h("span", null, h("i", { class: "ring", style: `--c:${c.bar_strong}; width: ${size(n, this.#scale)}px; height: ${size(n, this.#scale)}px` }), count(n))));
  }

  /** Points with cases. Thousands of counties are drawn as a few shapes, one for each step of size, or the map stutters. */
  #counted(points, dots, style) {
    if (this.by !== "county") return [dots(points, style)];
    const steps = new Map();
    for (const point of points) {
      const step = Math.round(3 * Math.log10(point.count));
      steps.set(step, [...(steps.get(step) ?? []), point]);
    }
    return [...steps].map(([step, some]) => ({ ...dots(some, style), large: true, largeThreshold: 1, symbolSize: size(10 ** (step / 3), this.#scale) }));
  }

  #option(points) {
    const c = colours();
    const { meridians, parallels } = graticule();
    // The plane keeps its proportions whatever the box is.
    const [[left, right], [bottom, top]] = BOX;
    const { clientWidth: width, clientHeight: height } = this.box;
    const unit = Math.max((right - left) / width, (top - bottom) / height);
    const [x, y] = [(left + right) / 2, (bottom + top) / 2];
    const scale = this.#scale;
    const line = ({ label, points: path }, end) => ({
      type: "line", data: path, showSymbol: false, silent: true, animation: false, z: 1, lineStyle: { color: c.line, width: 1 },
      endLabel: { show: end, formatter: label, color: c.ink_3, fontSize: 11, distance: 3 },
    });
    const dots = (chosen, style) => ({
      type: "scatter", z: 2, cursor: "default", itemStyle: style,
      data: chosen.map((point) => ({ value: project(point.lon, point.lat), symbolSize: size(point.count, scale), point, alert: point.alert })),
    });
    const clickable = (series) => ({ ...series, cursor: "pointer" });
    // Names lie above all points, or their own neighbours cover them.
    const names = {
      type: "scatter", z: 6, silent: true, symbolSize: 1, itemStyle: { color: "transparent" },
      data: points.filter((point) => point.count).slice(0, LABELS).map((point) => ({ value: project(point.lon, point.lat), name: named(point)})),
      label: { show: true, position: "right", distance: 9, formatter: ({ data }) => data.name, color: c.ink, fontSize: 12, fontWeight: 600, textBorderColor: c.surface, textBorderWidth: 3 },
      labelLayout: { hideOverlap: true },
    };
    return {
      animation: false,
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { type: "value", show: false, min: x - (unit * width) / 2, max: x + (unit * width) / 2 },
      yAxis: { type: "value", show: false, min: y - (unit * height) / 2, max: y + (unit * height) / 2 },
      tooltip: { trigger: "item", formatter: ({ data }) => (data.point ? tip(data.point) : "") },
      // The wheel alone scrolls the page.
      dataZoom: ["x", "y"].map((axis) => ({ type: "inside", [`${axis}AxisIndex`]: 0, filterMode: "none", zoomOnMouseWheel: "ctrl", minSpan: 100 / NEAREST, start: this.zoom[axis][0], end: this.zoom[axis][1], throttle: 16 })),
      series: [
        ...meridians.map((one) => line(one, true)), ...parallels.map((one) => line(one, true)),
        this.by === "county"
          ? { type: "scatter", z: 2, silent: true, large: true, largeThreshold: 1, symbolSize: 2.5, itemStyle: { color: c.line_strong }, data: this.background.points.map(([lon, lat]) => project(lon, lat)) }
          : { ...dots(points.filter((point) => !point.count && !point.alert), { color: c.line_strong }), silent: true },
        ...this.#counted(points.filter((point) => point.count && !point.alert), dots, { color: c.bar_strong, opacity: 0.7 }).map(clickable),
        ...[...SEVERITIES].reverse().map((severity) => clickable({ ...dots(points.filter((point) => point.severity === severity), { color: c[severity], opacity: 0.62, borderColor: c.surface, borderWidth: 1 }), z: 3 })),
        names,
      ],
    };
  }
}

function tip(point) {
  const alert = point.alert ? t(`severity.${point.severity}`) : t("map.noalert");
  return `<b>${escape(place({ area: point }))}</b><br>${escape(within({ area: point }))}<br>${escape(t("map.cases", { n: count(point.count) }))} · ${escape(alert)}`;
}
