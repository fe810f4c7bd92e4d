// One laboratory.

import { card, facts, headline, lede, note } from "../cards.js";
import { curves } from "../curves.js";
import { h } from "../dom.js";
import { addDays, count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { marksNote, over, pathogenName, percentText, share, took } from "../lab-parts.js";
import { link, to } from "../links.js";
import { Page } from "../page.js";
import { asTable, table } from "../table.js";

const n = (text) => ({ text, n: true });

export default class LabPage extends Page {
  get address() {
    return `/api/labs/${encodeURIComponent(this.params.lab)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/labs" }, t("lab.back"))];
  }

  missing() {
    return t("lab.missing", { code: this.params.lab });
  }

  draw(lab) {
    const { whole, target_hours: target } = lab;
    this.curve = weeksCard(lab);
    return [
      headline(lab.lab),
      lede(t("border.span", { from: day(lab.from, { year: true }), upto: day(lab.upto, { year: true }) }), " · ", h("a", { href: to.sender(lab.lab) }, t("lab.sender"))),
      facts([t("lab.results"), count(whole.results)], [t("lab.transport"), took(whole.transport)], [t("lab.bench"), took(whole.bench)], [t("lab.whole"), took(whole.whole)],
        [t("lab.over", { n: target }), over(whole.bench)], [t("lab.invalid"), share(whole.invalid_share)]),
      pathogensCard(lab.pathogens), this.curve.element, statusCard(lab), linksCard(lab.links), typesCard(lab.types), marksNote(lab.marks),
    ];
  }

  drawn() {
    this.curve.draw(this);
  }
}

const pathogensCard = (pathogens) => card(t("lab.pathogens"), null, table(t("lab.pathogens"),
  [t("lab.pathogen"), n(t("lab.results")), n(t("lab.tests")), n(t("lab.positives")), n(t("lab.positivity")), n(t("lab.indeterminate")), n(t("lab.invalid")), n(t("lab.cancelled"))],
  pathogens.map((one) => [pathogenName(one), count(one.results), count(one.tests), count(one.positives), share(one.positivity), count(one.by_result.INDETERMINATE), share(one.invalid_share), count(one.by_status.CANCELLED)])),
note(t("lab.once.note")));

function weeksCard({ weeks, target_hours: target }) {
  const names = weeks.map(({ week }) => day(week));
  const positivity = weeks.map((week) => week.positivity);
  const drawing = curves(t("lab.curve.aria", { n: weeks.length }), names, [
    { name: t("lab.tests"), series: [{ name: t("lab.tests"), kind: "bar", colour: "bar", values: weeks.map((week) => week.tests) }, { name: t("lab.positives"), kind: "bar", colour: "critical", values: weeks.map((week) => week.positives) }] },
    { name: t("lab.positivity"), format: percentText, whole: false, series: [
      { name: t("border.interval"), kind: "band", colour: "low", lower: positivity.map((one) => one?.lower ?? null), upper: positivity.map((one) => one?.upper ?? null) },
      { name: t("lab.positivity"), kind: "line", colour: "ink", values: positivity.map((one) => one?.share ?? null) }] },
  ], { height: 170 });
  const rows = weeks.map((week) => [`${day(week.week)} – ${day(addDays(week.week, 6))}`, count(week.results), count(week.tests), count(week.positives), share(week.positivity), took(week.transport), took(week.bench), took(week.whole), over(week.bench)]).reverse();
  const columns = [t("border.week.plain"), n(t("lab.results")), n(t("lab.tests")), n(t("lab.positives")), n(t("lab.positivity")), n(t("lab.transport")), n(t("lab.bench")), n(t("lab.whole")), n(t("lab.over", { n: target }))];
  const element = card(t("lab.weeks"), null, drawing.elements, note(t("lab.target.note", { n: target })), asTable(t("lab.weeks"), columns, rows));
  return { element, draw: (page) => drawing.draw(page.chart(element.querySelector(".chart"))) };
}

function statusCard({ whole, corrections }) {
  const revised = Object.fromEntries(corrections.map((row) => [row.status, row]));
  return card(t("lab.status"), null, table(t("lab.status"), [t("lab.status"), n(t("lab.results")), n(t("lab.revised")), n(t("lab.changed"))],
    Object.entries(whole.by_status).map(([status, results]) => [t(`lab.status.${status}`), count(results), count(revised[status]?.revised ?? 0), count(revised[status]?.changed ?? 0)])),
  note(t("lab.changed.note")));
}

function linksCard({ named: all, found, lost, unknowable, cut, examples }) {
  return card(t("lab.links"), null, all === 0 ? h("p", { class: "no" }, t("lab.links.none")) : [
    facts([t("lab.links.named"), count(all), cut ? t("lab.links.cut") : null], [t("lab.links.found"), count(found)], [t("lab.links.lost"), count(lost)], [t("lab.links.unknowable"), count(unknowable)]),
    examples.length ? table(t("lab.links.lost"), [t("lab.result"), t("lab.card"), t("lab.pathogen.disease")], examples.map((one) => [h("span", { class: "mono" }, one.result_id), h("span", { class: "mono" }, one.report_id), link("disease", one.disease.code, named(one.disease))])) : null,
  ], note(t("lab.links.note")));
}

const typesCard = (types) => card(t("lab.types"), null, types.length
  ? table(t("lab.types"), [t("lab.type"), t("lab.pathogen"), n(t("lab.results.positive")), n(t("lab.counties")), t("lab.last")],
    types.map((one) => [one.type, pathogenName(one.pathogen), count(one.positives), count(one.counties), day(one.last)]))
  : h("p", { class: "no" }, t("lab.types.none")));
