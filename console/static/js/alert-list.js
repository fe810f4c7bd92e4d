// Open alerts on pages about something else: worst first, a line each.

import { deadline, place, within } from "./alert-words.js";
import { h } from "./dom.js";
import { badges } from "./events.js";
import { count, day } from "./format.js";
import { named, t } from "./i18n.js";
import { link } from "./links.js";
import { SEVERITIES, severityMark } from "./marks.js";
import { table } from "./table.js";

const SHOWN = 40;

const SURELY = ["high", "medium", "low"];

const order = (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || SURELY.indexOf(a.confidence) - SURELY.indexOf(b.confidence) || b.opened_at - a.opened_at || (a.id < b.id ? -1 : 1);

/** A table of alerts; `about` is what the reader knows already and is left out: "disease" or "". */
export function alertTable(alerts, now, about = "") {
  if (!alerts.length) return h("p", { class: "no" }, t("inbox.none"));
  const columns = [t("event.alert"), t("event.severity"), t("list.confidence"), { text: t("fact.cases7"), n: true }, t("list.since"), t("list.deadline")];
  const row = (alert) => [
    [link("alert", alert.id, about === "disease" ? place(alert) : `${place(alert)} · ${named(alert.disease)}`), " ", badges([alert]), h("small", null, [within(alert), t(`level.${alert.area.level}`)].filter(Boolean).join(" · "))],
    severityMark(alert.severity), t(`surely.${alert.confidence}`), count(alert.cases_7d), day(alert.first_day), deadline({ ...alert, state: "OPEN" }, now),
  ];
  const sorted = [...alerts].sort(order);
  const box = h("div", null, table(t("inbox.open"), columns, sorted.slice(0, SHOWN).map(row)));
  if (sorted.length > SHOWN) {
    const more = h("button", { type: "button", class: "quiet", onclick: () => box.replaceChildren(table(t("inbox.open"), columns, sorted.map(row))) }, t("history.more", { n: count(sorted.length) }));
    box.append(more);
  }
  return box;
}

/** How many alerts of each severity, as marks: {critical: 2, high: 1}. */
export const severities = (found) => {
  const present = SEVERITIES.filter((severity) => found[severity]);
  return present.length ? h("span", { class: "severities" }, present.map((severity) => h("span", null, severityMark(severity), ` ${count(found[severity])}`))) : h("span", { class: "no" }, "–");
};
