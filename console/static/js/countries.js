// Names of countries and regions, as the browser's language data have them.

import { locale, t } from "./i18n.js";

const UNKNOWN = "ZZ";
const made = new Map();

export function country(code) {
  if (!code) return "–";
  if (code === UNKNOWN) return t("border.origin.unknown");
  if (!made.has(locale())) made.set(locale(), new Intl.DisplayNames([locale()], { type: "region", fallback: "code" }));
  try {
    return made.get(locale()).of(code);
  } catch {
    return code;
  }
}
