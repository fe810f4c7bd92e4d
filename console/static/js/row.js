// One alert in the list: everything that decides "do I get up for this" in four short lines.

import { classText, deadline, place, within } from "./alert-words.js";
import { h } from "./dom.js";
import { count, daysBetween, moment } from "./format.js";
import { named, t } from "./i18n.js";
import { severityMark, sparkline } from "./marks.js";
import { expected, inWords, method, observed, threshold } from "./rules.js";

const figure = (label, value) => h("span", null, label, " ", h("b", null, value));

export function rowOf(alert, { now, today, current }) {
  const lead = alert.lead;
  const alarms = new Set(alert.spark.alarms);
  const above = within(alert);
  return h("a", { class: `row ${alert.severity}`, href: `#/alert/${encodeURIComponent(alert.id)}`, "aria-current": current ? "page" : null },
    h("div", null,
      h("p", { class: "place" }, place(alert), h("small", null, [above, t(`level.${alert.area.level}`)].filter(Boolean).join(" · "))),
      h("p", { class: "disease" }, named(alert.disease), " ", h("span", { class: "klass" }, classText(alert.disease)))),
    sparkline(alert.spark.counts, alarms),
    lead && h("p", { class: "rule" }, inWords(lead)),
    h("p", { class: "figures" },
      lead && figure(t("figure.observed"), observed(lead)),
      lead && figure(t("figure.expected"), expected(lead)),
      lead && figure(t("figure.threshold"), threshold(lead))),
    h("p", { class: "foot" },
      h("span", null, severityMark(alert.severity), " ", alert.state === "OPEN" ? null : ` ${t(`state.${alert.state}`)}`),
      deadline(alert, now),
      h("span", null, t("figure.since", { time: moment(alert.opened_at) }),
        alert.state === "OPEN" && today ? ` · ${t("figure.days", { n: daysBetween(alert.first_day, today) + 1 })}` : null)));
}

/** What a screen reader hears of a new alert. */
export const spoken = (alert) =>
  [t(`severity.${alert.severity}`), place(alert), named(alert.disease), alert.lead && method(alert.lead.method), count(alert.cases_7d)].filter(Boolean).join(", ");
