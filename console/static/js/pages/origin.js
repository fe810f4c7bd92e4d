// One country of origin: how risky its travellers are, what was expected of them, and where they arrive.

import { alertsCard, expectedCell, known, marksNote, weeksCard } from "../border-parts.js";
import { card, facts, headline, lede, note, unknown } from "../cards.js";
import { country } from "../countries.js";
import { curves } from "../curves.js";
import { h } from "../dom.js";
import { addDays, count, day, measure } from "../format.js";
import { named, t } from "../i18n.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { asTable, table } from "../table.js";

const n = (text) => ({ text, n: true });

export default class OriginPage extends Page {
  get address() {
    return `/api/origins/${encodeURIComponent(this.params.code)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/ports" }, t("border.back"))];
  }

  missing() {
    return t("border.origin.missing", { code: this.params.code });
  }

  draw(answer) {
    const { origin, risk, recent_from: from, upto, coming } = answer;
    this.curve = curveCard(answer);
    this.weeks = weeksCard(answer.weeks, coming);
    return [
      headline(country(origin), h("span", { class: "klass" }, origin)),
      lede(t("border.span", { from: day(answer.from, { year: true }), upto: day(upto, { year: true }) })),
      facts([t("border.origin.risk"), risk.per_100000 === null ? unknown(t("border.reason.no_denominator")) : measure(risk.per_100000), risk.per_100000 === null ? null : `${measure(risk.lower)} – ${measure(risk.upper)}`],
        [t("border.expected.coming"), expectedCell(coming), coming ? t("border.until", { day: day(coming.to) }) : null],
        [t("border.passengers.week"), known(answer.weeks[0].passengers || null, t("border.reason.no_list"))],
        [t("border.positive.week"), count(answer.weeks[0].observed + answer.weeks[0].unlisted)]),
      note(t("border.origin.risk.note", { n: risk.days })),
      alertsCard(answer.alerts, t("border.alerts.none")),
      this.curve.element, this.weeks.element,
      card(t("border.ports"), h("span", { class: "no" }, t("border.since", { day: day(from) })), answer.ports.length
        ? table(t("border.ports"), [t("border.port"), n(t("border.passengers")), n(t("border.declarations")), n(t("border.ill")), n(t("border.positive")), n(t("border.waiting"))],
          answer.ports.map((port) => [link("port", port.code, named(port)), known(port.passengers, t("border.reason.no_list")), count(port.declarations), count(port.ill), count(port.positive), count(port.waiting)]))
        : h("p", { class: "no" }, t("border.origins.none"))),
      marksNote(answer.marks),
    ];
  }

  drawn() {
    this.curve.draw(this);
    this.weeks.draw(this);
  }
}

function curveCard({ days, from }) {
  const dates = days.ill.map((_, at) => addDays(from, at));
  const drawing = curves(t("border.curve.aria", { from: day(from, { year: true }), n: dates.length }), dates.map((iso) => day(iso)), [
    { name: t("border.passengers"), series: [{ name: t("border.passengers"), kind: "bar", colour: "bar", values: days.passengers }] },
    { name: t("border.ill"), series: [{ name: t("border.ill"), kind: "bar", colour: "medium", values: days.ill }, { name: t("border.positive"), kind: "bar", colour: "critical", values: days.positive }] },
  ], { height: 170 });
  const element = card(t("border.curve"), null, drawing.elements,
    asTable(t("border.curve"), [t("curve.day"), n(t("border.passengers")), n(t("border.declarations")), n(t("border.ill")), n(t("border.positive")), n(t("border.waiting"))],
      dates.map((iso, at) => [day(iso), known(days.passengers[at], t("border.reason.no_list")), count(days.declarations[at]), count(days.ill[at]), count(days.positive[at]), count(days.waiting[at])]).reverse()));
  return { element, draw: (page) => drawing.draw(page.chart(element.querySelector(".chart"))) };
}
