// Methods in words: what rule it is, in which unit it counts, and from which number on it alarms.

import { count, measure } from "./format.js";
import { has, t } from "./i18n.js";

export const method = (name) => (has(`method.${name}`) ? t(`method.${name}`) : name);

export function inWords(evidence) {
  const { method: name, parameters } = evidence;
  if (name === "single_case" && parameters.quiet_days > 0) return t("rule.single_case.quiet", parameters);
  if (name === "w8") return t("rule.w8", { window: 7, ...parameters, p: plain(parameters.p) });
  return has(`rule.${name}`) ? t(`rule.${name}`, parameters) : t("rule.unknown", { method: name });
}

const plain = (p) => (p >= 0.0001 ? String(p) : Number(p).toExponential());

/** Days that one compared number covers: 1 for daily methods. */
export function span(name, parameters) {
  if (name === "w8") return parameters.window ?? 7;
  if (name === "k_in_window") return parameters.window ?? 7;
  return parameters.sum_over ?? 1;
}

const WHOLE = new Set(["single_case", "k_in_window", "w8", "beta_binomial", "first_ever", "k_places"]);

/** The bound as a reader meets it. Rules on whole cases name the highest count that is still quiet; we say the next. */
export function threshold(evidence) {
  const { method: name, upper } = evidence;
  if (upper === null || upper === undefined) return "–";
  if (WHOLE.has(name)) return `≥ ${count(upper + 1)}`;
  return `${name.startsWith("cusum") ? "≥" : ">"} ${measure(upper)}`;
}

export const observed = (evidence) => measure(evidence.observed);
export const expected = (evidence) => measure(evidence.expected);

export const parametersText = (parameters) =>
  Object.entries(parameters).map(([name, value]) => `${name} = ${value}`).join(", ");
