// One port of entry.

import { alertsCard, expectedCell, flags, known, marksNote, monthsCard, rate, weeksCard } from "../border-parts.js";
import { card, facts, headline, lede, note, unknown } from "../cards.js";
import { country } from "../countries.js";
import { curves } from "../curves.js";
import { h } from "../dom.js";
import { addDays, age, count, day, measure, moment } from "../format.js";
import { named, t } from "../i18n.js";
import { link, to } from "../links.js";
import { Page } from "../page.js";
import { asTable, table } from "../table.js";

const n = (text) => ({ text, n: true });
const SHOWN = 25;

export default class PortPage extends Page {
  get address() {
    return `/api/ports/${encodeURIComponent(this.params.code)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/ports" }, t("border.back"))];
  }

  missing() {
    return t("border.port.missing", { code: this.params.code });
  }

  draw(answer) {
    const { port, totals, recent_from: from, upto } = answer;
    this.curve = curveCard(answer);
    this.weeks = weeksCard(answer.weeks, answer.coming);
    return [
      headline(named(port), h("span", { class: "klass" }, port.code)),
      lede(`${t(`border.kind.${port.kind}`)} · `, h("a", { href: to.area(port.area.code) }, [...port.area.within, port.area].map(named).join(" › "))),
      facts([t("border.arrivals"), known(totals.arrivals, t("border.arrivals.unknown")), t("border.days.known", { n: totals.arrival_days })],
        [t("border.declarations"), count(totals.declarations), t("border.since", { day: day(from) })],
        [t("border.ill"), count(totals.ill)], [t("border.positive"), count(totals.positive)], [t("border.waiting"), count(totals.waiting)],
        [t("border.rate.ill"), rate(totals.ill_rate, totals.arrivals)]),
      alertsCard(answer.alerts, t("border.alerts.none")),
      this.curve.element, this.weeks.element, originsCard(answer.origins, from, upto), conveyancesCard(answer.conveyances, from),
      waitingCard(answer.waiting, answer.waiting_in_all, this.context.now()), monthsCard(answer.months), marksNote(answer.marks),
    ];
  }

  drawn() {
    this.curve.draw(this);
    this.weeks.draw(this);
  }
}

function curveCard({ days, from }) {
  const dates = days.arrivals.map((_, at) => addDays(from, at));
  const rates = days.ill_rate.map((one) => one?.per_100000 ?? null);
  const drawing = curves(t("border.curve.aria", { from: day(from, { year: true }), n: dates.length }), dates.map((iso) => day(iso)), [
    { name: t("border.arrivals"), series: [{ name: t("border.arrivals"), kind: "bar", colour: "bar", values: days.arrivals }] },
    { name: t("border.ill"), series: [{ name: t("border.ill"), kind: "bar", colour: "medium", values: days.ill }, { name: t("border.positive"), kind: "bar", colour: "critical", values: days.positive }] },
    { name: t("border.rate.ill"), format: measure, whole: false, series: [{ name: t("border.rate.ill"), kind: "line", colour: "ink", values: rates }] },
  ]);
  const element = card(t("border.curve"), null, drawing.elements, note(t("border.curve.note")),
    asTable(t("border.curve"), [t("curve.day"), n(t("border.arrivals")), n(t("border.declarations")), n(t("border.ill")), n(t("border.positive")), n(t("border.waiting")), n(t("border.rate.ill"))],
      dates.map((iso, at) => [day(iso), known(days.arrivals[at], t("border.arrivals.unknown")), count(days.declarations[at]), count(days.ill[at]), count(days.positive[at]), count(days.waiting[at]), rate(days.ill_rate[at], days.arrivals[at])]).reverse()));
  return { element, draw: (page) => drawing.draw(page.chart(element.querySelector(".chart"))) };
}

const originsCard = (origins, from, upto) => card(t("border.origins"), h("span", { class: "no" }, t("border.span", { from: day(from), upto: day(upto) })), origins.length
  ? table(t("border.origins"), [t("border.origin"), n(t("border.declarations")), n(t("border.ill")), n(t("border.positive")), n(t("border.waiting")), n(t("border.origin.risk")), n(t("border.passengers.week")), n(t("border.expected.interval")), t("border.observed.week")],
    origins.map((one) => [link("origin", one.origin, country(one.origin)), count(one.declarations), count(one.ill), count(one.positive), count(one.waiting),
      one.risk_per_100000 === null ? unknown(t("border.reason.no_denominator")) : measure(one.risk_per_100000), known(one.week?.passengers, t("border.reason.no_list")), expectedCell(one.week),
      one.week ? [count(one.week.observed), flags(one.week)] : "–"]))
  : h("p", { class: "no" }, t("border.origins.none")), note(t("border.origins.note")));

const conveyancesCard = (conveyances, from) => card(t("border.conveyances"), h("span", { class: "no" }, t("border.since", { day: day(from) })), conveyances.length
  ? table(t("border.conveyances"), [t("border.conveyance"), t("border.origin"), t("border.arrived"), n(t("border.passengers")), n(t("border.ill")), n(t("border.positive")), n(t("border.waiting"))],
    conveyances.slice(0, SHOWN).map((one) => [h("span", { class: "mono" }, one.conveyance), one.origins.map(country).join(t("border.comma")), day(one.arrived), known(one.passengers, t("border.reason.no_list")), count(one.ill), count(one.positive), count(one.waiting)]))
  : h("p", { class: "no" }, t("border.conveyances.none")));

const waitingCard = (waiting, all, now) => card(t("border.waiting.title"), h("span", { class: "no" }, t("border.waiting.n", { n: count(all) })), waiting.length
  ? table(t("border.waiting.title"), [t("border.declaration"), t("border.waiting.age"), t("border.origin"), t("border.conveyance"), t("border.symptoms"), n(t("border.temperature"))],
    waiting.slice(0, SHOWN).map((one) => [h("span", { class: "mono" }, one.id), [age(now - one.reported, { coarse: true }), h("small", null, moment(one.reported))], link("origin", one.origin, country(one.origin)), h("span", { class: "mono" }, one.conveyance ?? "–"),
      one.symptoms.map(named).join(t("border.comma")) || "–", one.temperature_c === null ? "–" : one.temperature_c.toFixed(1)]))
  : h("p", { class: "no" }, t("border.waiting.none")));
