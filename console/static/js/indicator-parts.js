// What the pages of indicators have in common.

import { has, t } from "./i18n.js";

/** The unit of an indicator in words; one that has none keeps its own. */
export function unit(indicator) {
  const key = `unit.${indicator.unit.replaceAll(" ", "_")}`;
  return has(key) ? t(key) : indicator.unit;
}
