// What the pages of ports and origins have in common: rates, predictions, months, alerts, and the marks of made-up data.

import { assigned, card, note, unknown } from "./cards.js";
import { title } from "./alert-words.js";
import { curves, interval } from "./curves.js";
import { h } from "./dom.js";
import { count, day, measure, probability } from "./format.js";
import { language, t } from "./i18n.js";
import { to } from "./links.js";
import { severityMark } from "./marks.js";
import { table } from "./table.js";

/** A rate per 100,000 with its interval below it; where nobody arrived there is none, where nobody told it is unknown. */
export const rate = (found, arrivals) =>
  (found ? [measure(found.per_100000), h("small", null, `${measure(found.lower)} – ${measure(found.upper)}`)] : arrivals === 0 ? "–" : unknown(t("border.arrivals.unknown")));

/** Imports to be expected: below a hundredth the number says no more than that. */
export const few = (value) => (value > 0 && value < 0.01 ? `< ${measure(0.01)}` : measure(value));

export const known = (value, why) => (value === null || value === undefined ? unknown(why) : count(value));

/** Why a prediction is missing. */
const whyNot = ({ reason }) => t(`border.reason.${reason}`);

export const expectedText = (week) => (week?.expected === null || week?.expected === undefined ? null : interval(week.expected, week.lower, week.upper, few));

export function expectedCell(week) {
  if (!week) return unknown(t("border.reason.no_list"));
  const text = expectedText(week);
  return text === null ? unknown(whyNot(week)) : text;
}

/** The two flags of a prediction, in words. */
export const flags = (week) => [
  week?.raises_port ? h("span", { class: "flag" }, t("border.raises.port")) : null,
  week?.raises_origin ? h("span", { class: "flag hot" }, t("border.raises.origin")) : null,
].filter(Boolean);

const span = ({ from, to: upto }) => (from === upto ? day(from) : `${day(from)} – ${day(upto)}`);

/** Expected against observed imports by week, as a chart and a table; newest week last in the chart, first in the table. */
export function weeksCard(weeks, coming) {
  const listed = weeks.some((week) => week.passengers);
  const old = [...weeks].reverse();
  const drawing = listed ? curves(t("border.weeks.aria", { n: weeks.length }), old.map(span), [{
    name: t("border.imports"), format: measure,
    series: [
      { name: t("border.interval"), kind: "band", colour: "low", lower: old.map((w) => w.lower), upper: old.map((w) => w.upper) },
      { name: t("border.expected"), kind: "dash", colour: "low", values: old.map((w) => w.expected) },
      { name: t("border.observed"), kind: "dots", colour: "ink", values: old.map((w) => (w.passengers ? w.observed : null)), marked: old.map((w) => w.raises_origin) },
    ],
  }], { height: 240 }) : null;
  const rows = weeks.map((week) => [span(week), known(week.passengers || null, t("border.reason.no_list")), expectedCell(week),
    week.passengers ? count(week.observed) : "–", count(week.unlisted), [probability(week.p_value) || "–", flags(week).map((flag) => [" ", flag])]]);
  const ahead = coming ? h("p", { class: "ahead" }, t("border.coming", { days: span(coming), n: count(coming.passengers) }), " ", h("b", null, expectedCell(coming)), " ", flags(coming)) : null;
  const element = card(t("border.weeks"), null, ahead, drawing?.elements,
    table(t("border.weeks"), [t("border.week"), { text: t("border.passengers"), n: true }, { text: t("border.expected.interval"), n: true }, { text: t("border.observed"), n: true }, { text: t("border.unlisted"), n: true }, t("border.chance")], rows),
    note(t("border.weeks.note")));
  return { element, draw: (page) => drawing?.draw(page.chart(element.querySelector(".chart"))) };
}

const monthName = (month) => new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en-GB", { year: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(`${month}-01T00:00:00Z`));

export const monthsCard = (months) => card(t("border.months"), null,
  table(t("border.months"), [t("border.month"), { text: t("border.arrivals"), n: true }, { text: t("border.imports"), n: true }, { text: t("border.rate.imports"), n: true }, { text: t("border.elsewhere"), n: true }],
    months.map((month) => [[monthName(month.month), h("small", null, t("border.month.days", { n: month.days }))], known(month.arrivals || null, t("border.arrivals.unknown")), count(month.imports), rate(month.rate, month.arrivals), count(month.elsewhere)])),
  note(t("border.months.note")));

/** Open alerts of a place, worst first. */
export function alertsCard(alerts, empty) {
  return card(t("border.alerts"), null, alerts.length
    ? h("ul", { class: "plain" }, alerts.map((alert) => h("li", null, severityMark(alert.severity), " ", h("a", { href: to.alert(alert.id) }, title(alert)), h("small", null, ` ${day(alert.first_day)} – ${day(alert.last_day)}`))))
    : h("p", { class: "no" }, empty));
}

/** Says how many of the records were given fields or made up; nothing where none were. */
export const marksNote = ({ assigned: given, generated: made }) =>
  (given || made ? h("p", { class: "note marks" }, assigned(), " ", t("border.marks", { assigned: count(given), generated: count(made) })) : null);
