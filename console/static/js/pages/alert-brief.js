// What a duty officer must know in ten seconds: is it real, why is it told, who acts and by when.

import { classText, deadline, place, subject, within } from "../alert-words.js";
import { confidenceMark, grounds } from "../confidence.js";
import { h } from "../dom.js";
import { badges } from "../events.js";
import { moment } from "../format.js";
import { t } from "../i18n.js";
import { link, toPlace } from "../links.js";
import { severityMark } from "../marks.js";
import { expected, inWords, method, observed, threshold } from "../rules.js";

const BORDER = new Set(["port", "conveyance", "origin"]);

/** Who verifies an alert of a level: its health authority, at the border the customs. */
const acts = (level) => t(BORDER.has(level) ? "acts.customs" : `acts.${level}`);

export function heading(alert) {
  const level = t(`level.${alert.area.level}`);
  return [
    h("div", { class: "headline" }, h("h2", { tabindex: "-1" }, h("a", { href: toPlace(alert.area), class: "plain" }, place(alert)), " · ", h("a", { href: `#/disease/${alert.disease.code}`, class: "plain" }, subject(alert))),
      severityMark(alert.severity), h("span", { class: `state ${alert.state}` }, t(`state.${alert.state}`))),
    h("p", { class: "lede" }, [within(alert), level, classText(alert.disease)].filter(Boolean).join(" · ")),
  ];
}

/** The three answers. Returns the block, and the place where the recount's verdict is put when it comes. */
export function brief(alert, event, now) {
  const { lead } = alert;
  const verdict = h("p", { class: "borne-out waiting" }, t("brief.recounting"));
  const figure = (label, value) => h("div", null, h("dt", null, label), h("dd", null, value));
  const part = (title, ...content) => h("section", null, h("h3", null, title), content);
  const also = alert.evidence.filter((one) => one.alarm && one !== lead && one.method !== lead?.method).map((one) => method(one.method));
  const element = h("div", { class: "brief" },
    part(t("brief.real"), h("p", { class: "answer" }, confidenceMark(alert.confidence)), grounds(alert.confidence), verdict),
    part(t("brief.why"), lead ? h("p", { class: "answer" }, inWords(lead)) : h("p", { class: "answer" }, t("brief.over")),
      lead ? h("dl", { class: "numbers" }, figure(t("figure.observed"), observed(lead)), figure(t("figure.expected"), expected(lead)), figure(t("figure.threshold"), threshold(lead))) : null,
      also.length ? h("p", { class: "no" }, t("rule.also", { methods: also.join(", ") })) : null,
      event.length ? h("p", null, badges(event), " ", t("brief.event", { n: event.length })) : null),
    part(t("brief.who"), h("p", { class: "answer" }, acts(alert.area.level)), h("p", { class: "by-when" }, deadline(alert, now)),
      h("p", { class: "no" }, alert.deadline === null ? (alert.expanded_from_counts ? t("deadline.none.why") : "") : `${t("deadline.hours", { n: alert.clock_hours })} · ${t("brief.until", { time: moment(alert.deadline, { year: true }) })}`),
      h("p", null, link("disease", alert.disease.code, t("brief.rules")))));
  return { element, verdict };
}
