// What rows and pages of an alert both say: place, class, deadline.

import { country } from "./countries.js";
import { h } from "./dom.js";
import { age, count, moment } from "./format.js";
import { named, t } from "./i18n.js";

const NEAR = 30 * 60_000;

export const place = ({ area }) => (area.level === "origin" ? country(area.code) : named(area)) + (area.unknown ? t("area.unknown") : "");

/** The larger areas that hold the place, largest first. */
export const within = (alert) => alert.area.within.map(named).join(" › ");

export function classText({ class: statutory, managed_as: managed }) {
  if (!statutory) return t("class.none");
  return managed && managed !== statutory ? t(`class.${statutory}${managed}`) : t(`class.${statutory}`);
}

/** The deadline as a state that is read at a glance: time left, overdue, or no clock and why. */
export function deadline(alert, now) {
  if (alert.deadline === null) {
    return h("span", { class: "deadline", title: alert.expanded_from_counts ? t("deadline.none.why") : null }, t("deadline.none"));
  }
  if (alert.state !== "OPEN") return h("span", { class: "deadline" }, t("deadline.closed"));
  const left = alert.deadline - now;
  const kind = left < 0 ? "over" : left < NEAR ? "near" : "";
  const text = left < 0 ? t("deadline.over", { age: age(-left) }) : t("deadline.left", { age: age(left) });
  return h("span", { class: `deadline ${kind}`, title: moment(alert.deadline, { year: true }) }, text);
}

/** What is counted: the disease, or of other sources the signal. */
export const subject = (alert) => named(alert.what ?? alert.disease);

/** Among how many the last week's count falls, in words; null where it stands alone. */
export const among = (alert) =>
  alert.denominator_7d === null || alert.denominator_7d === undefined ? null
    : t(alert.signal.endsWith(".types") ? "among.places" : `among.${alert.source}`, { n: count(alert.denominator_7d) });

export const title = (alert) => `${place(alert)} · ${subject(alert)}`;
