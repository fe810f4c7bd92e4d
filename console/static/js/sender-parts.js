// What the pages of senders have in common: habits in words, shares, durations.

import { h, svg } from "./dom.js";
import { age, addDays, day, measure } from "./format.js";
import { percentText } from "./lab-parts.js";
import { unknown } from "./cards.js";
import { t } from "./i18n.js";

export const share = (value, why = t("sender.untold")) => (value === null || value === undefined ? unknown(why) : percentText(value));

/** A habit as a word, with what it was told by where it is not the usual. */
export function habit(found, upto) {
  if (found.state === "usual" || found.state === "gone") return h("span", { class: "no" }, t(`sender.${found.state}`));
  const words = { observed: measure(found.observed), expected: measure(found.expected), day: day(addDays(upto, -found.back)) };
  return [h("b", { class: found.state === "silent" ? "flag hot" : "flag" }, t(`sender.${found.state}`)), h("small", { class: "habit" }, t(`sender.habit.${found.by}`, words))];
}

/** Records by day as a row of small bars; the numbers stand beside it. */
export function bars(counts) {
  const [width, height] = [counts.length * 3, 28];
  const most = Math.max(1, ...counts);
  return svg("svg", { class: "spark wide", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    counts.map((n, at) => (n ? svg("rect", { x: at * 3, y: height - Math.max(1, (n / most) * height), width: 2, height: Math.max(1, (n / most) * height) }) : null)),
    svg("line", { x1: 0, x2: width, y1: height, y2: height }));
}

/** Median and ninth decile of seconds in words. */
export const typical = ({ median, p90 }) =>
  (median === null ? unknown(t("sender.untold")) : t("sender.typical", { median: age(median * 1000), p90: age(p90 * 1000) }));
