// One alert in the list: everything that decides "do I get up for this" in four short lines.

import { among, classText, deadline, place, subject, within } from "./alert-words.js";
import { confidenceMark } from "./confidence.js";
import { h } from "./dom.js";
import { badges } from "./events.js";
import { age, count, moment } from "./format.js";
import { t } from "./i18n.js";
import { severityMark, sparkline } from "./marks.js";
import { expected, inWords, method, observed, threshold } from "./rules.js";

const figure = (label, value) => h("span", null, label, " ", h("b", null, value));

export function rowOf(alert, { now, together, current }) {
  const lead = alert.lead;
  const where = [within(alert), t(`level.${alert.area.level}`)].filter(Boolean).join(" · ");
  return h("a", { class: `row ${alert.severity}`, href: `#/alert/${encodeURIComponent(alert.id)}`, "aria-current": current ? "page" : null },
    h("div", { class: "what" },
      h("p", { class: "place" }, place(alert), " ", h("small", null, where)),
      h("p", { class: "disease" }, severityMark(alert.severity), " ", h("span", null, subject(alert)), " ", h("span", { class: "klass" }, classText(alert.disease)), " ", badges(together))),
    sparkline(alert.spark.counts, new Set(alert.spark.alarms)),
    h("p", { class: "rule" }, h("span", null, lead && inWords(lead)), alert.state === "OPEN" ? deadline(alert, now) : h("span", { class: "deadline" }, t(`state.${alert.state}`))),
    h("p", { class: "figures" },
      lead && figure(t("figure.observed"), observed(lead)),
      lead && figure(t("figure.expected"), expected(lead)),
      lead && figure(t("figure.threshold"), threshold(lead)),
      among(alert) && h("span", null, among(alert)),
      confidenceMark(alert.confidence),
      h("span", { class: "since", title: moment(alert.opened_at, { year: true }) }, t("figure.since", { age: age(now - alert.opened_at, { coarse: true }) }))));
}

/** What a screen reader hears of a new alert. */
export const spoken = (alert) =>
  [t(`severity.${alert.severity}`), place(alert), subject(alert), alert.lead && method(alert.lead.method), count(alert.cases_7d)].filter(Boolean).join(", ");
