// Numbers, days and moments as people read them. All moments are shown in Beijing time, whatever the reader's zone.

import { language, locale, t } from "./i18n.js";

const ZONE = "Asia/Shanghai";
const DAY = 86_400_000;
const cache = new Map();

function formatter(kind, options) {
  const key = `${language()} ${kind} ${JSON.stringify(options)}`;
  if (!cache.has(key)) {
    const made = kind === "number" ? new Intl.NumberFormat(locale(), options) : new Intl.DateTimeFormat(locale(), options);
    cache.set(key, made);
  }
  return cache.get(key);
}

export const count = (value) => (value === null || value === undefined ? "–" : formatter("number", {}).format(value));

/** A computed number: enough digits to compare, never more. */
export function measure(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 0.01) return value.toExponential(1);
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return formatter("number", { maximumFractionDigits: digits }).format(value);
}

/** A probability: below a millionth only its order of magnitude tells something. */
export function probability(value) {
  if (value === null || value === undefined) return "";
  if (value < 1e-6) return `p < 10⁻⁶`;
  return `p = ${value < 0.001 ? value.toExponential(1) : value.toFixed(3)}`;
}

const midnight = (iso) => Date.parse(`${iso}T00:00:00Z`);

export const addDays = (iso, days) => new Date(midnight(iso) + days * DAY).toISOString().slice(0, 10);

export const daysBetween = (from, to) => Math.round((midnight(to) - midnight(from)) / DAY);

/** Civil day (in Beijing) of a moment. */
export function civilDay(ms) {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** A civil day given as 2020-01-21. */
export function day(iso, { year = false } = {}) {
  if (!iso) return "–";
  const options = { timeZone: "UTC", month: "short", day: "numeric", ...(year ? { year: "numeric" } : {}) };
  return formatter("date", options).format(midnight(iso));
}

export function moment(ms, { seconds = false, year = false } = {}) {
  if (ms === null || ms === undefined) return "–";
  const options = {
    timeZone: ZONE, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    ...(seconds ? { second: "2-digit" } : {}), ...(year ? { year: "numeric" } : {}),
  };
  return formatter("date", options).format(ms);
}

export function timeOfDay(ms) {
  const options = { timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return formatter("date", options).format(ms);
}

/** A duration in words; `coarse` gives its largest unit only. */
export function age(ms, { coarse = false } = {}) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t("age.seconds", { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("age.minutes", { n: minutes });
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  if (hours < 24) return minutes % 60 && !coarse ? t("age.hours.minutes", { n: hours, m: minutes % 60 }) : t("age.hours", { n: hours });
  return hours % 24 && days < 7 && !coarse ? t("age.days.hours", { n: days, m: hours % 24 }) : t("age.days", { n: days });
}
