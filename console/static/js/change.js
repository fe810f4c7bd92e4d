// This week against the one before it, in words that hold for small numbers too.

import { count } from "./format.js";
import { t } from "./i18n.js";

export function change(week, before) {
  if (!before) return week ? t("change.new") : "–";
  const percent = Math.round((100 * (week - before)) / before);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${count(Math.abs(percent))} %`;
}
