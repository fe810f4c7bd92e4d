// What rows and pages of an alert both say: place, class, deadline.

import { country } from "./countries.js";
import { h } from "./dom.js";
import { age, moment } from "./format.js";
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

export const title = (alert) => `${place(alert)} · ${named(alert.disease)}`;
