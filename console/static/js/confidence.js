// How far an alert's own numbers bear it out, in words: the level, and each ground for it and against it.

import { h } from "./dom.js";
import { count, measure } from "./format.js";
import { t } from "./i18n.js";

export const groundText = ({ what, n, of }) => t(`ground.${what}`, { n: what === "far" || what === "bare" ? measure(n) : count(n), of: count(of) });

/** The level alone, its grounds on hovering; a list of alerts has no room for more. */
export const confidenceMark = ({ level, grounds }) =>
  h("span", { class: `confidence ${level}`, title: grounds.map(groundText).join("\n") || t("ground.none") }, t(`confidence.${level}`));

/** The grounds one by one, those for the alert first. */
export function grounds(found) {
  const ranked = [...found.grounds].sort((a, b) => b.weight - a.weight);
  if (!ranked.length) return h("p", { class: "no" }, t("ground.none"));
  return h("ul", { class: "grounds" }, ranked.map((ground) =>
    h("li", { class: ground.weight > 0 ? "for" : "against" }, h("b", null, t(ground.weight > 0 ? "ground.for" : "ground.against")), " ", groundText(ground))));
}
