// Small drawn signs: severity by shape (colour only repeats it), lamps of the stages, sparklines.

import { h, svg } from "./dom.js";
import { t } from "./i18n.js";

const SHAPES = {
  critical: "M6 0 12 6 6 12 0 6Z",
  high: "M6 .8 12 11.2H0Z",
  medium: "M6 .5a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Z",
  low: "M6 .5a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Zm0 2a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7Z",
};
export const SEVERITIES = Object.keys(SHAPES);

export const shape = (severity) =>
  svg("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, svg("path", { d: SHAPES[severity] ?? SHAPES.low, "fill-rule": "evenodd" }));

export const severityMark = (severity) => h("span", { class: `severity ${severity}` }, shape(severity), t(`severity.${severity}`));

const LAMPS = {
  caught_up: ["M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm3.300 4.300L7 9.600 4.700 7.300 3.500 8.500 7 12l5.500-5.500Z"],
  moving: ["M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1ZM6.200 4.600v6.800L11.800 8Z"],
  stalled: ["M8 .8 16 15H0ZM7.200 6v4.500h1.600V6Zm0 5.700v1.600h1.600v-1.600Z"],
  unknown: ["M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.600a5.400 5.400 0 1 0 0 10.800A5.400 5.400 0 0 0 8 2.600ZM7.200 11h1.600v1.500H7.200Zm-1.700-4.800C5.600 4.600 6.600 3.700 8 3.700s2.500.9 2.500 2.200c0 1.100-.6 1.600-1.200 2.100-.4.4-.6.6-.6 1.300v.5H7.300v-.7c0-1.200.6-1.700 1.100-2.100.5-.4.7-.6.7-1.100S8.700 5.100 8 5.100s-1.100.4-1.100 1.100Z"],
};

export const lamp = (state) =>
  svg("svg", { class: "lamp", viewBox: "0 0 16 16", "aria-hidden": "true" }, LAMPS[state ?? "unknown"].map((d) => svg("path", { d, "fill-rule": "evenodd" })));

/** Daily counts as a row of bars, alarm days filled in the alarm's colour. */
export function sparkline(counts, alarms) {
  const width = 112, height = 40, base = height - 1;
  const step = width / Math.max(counts.length, 1);
  const top = Math.max(1, ...counts);
  const bars = counts.map((value, at) => {
    if (!value) return null;
    const tall = Math.max(1.5, (value / top) * (base - 2));
    return svg("rect", {
      x: (at * step).toFixed(2), y: (base - tall).toFixed(2), width: Math.max(1, step - 1).toFixed(2), height: tall.toFixed(2),
      class: alarms.has(at) ? "alarm" : null,
    });
  });
  return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("line", { x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5 }), bars);
}
