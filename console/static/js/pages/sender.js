// One sender: is it heard as usual, what became of its records, how timely and complete are they.

import { assigned, card, facts, headline, lede, note } from "../cards.js";
import { curves } from "../curves.js";
import { h } from "../dom.js";
import { addDays, age, count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { placeLink } from "../links.js";
import { Page } from "../page.js";
import { habit, share, typical } from "../sender-parts.js";
import { asTable, table } from "../table.js";

const n = (text) => ({ text, n: true });
const VERDICTS = ["accepted", "duplicate", "superseded", "conflict", "rejected"];

export default class SenderPage extends Page {
  get address() {
    return `/api/senders/${encodeURIComponent(this.params.code)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/senders" }, t("sender.back"))];
  }

  missing() {
    return t("sender.missing", { code: this.params.code });
  }

  draw(sender) {
    const { sources, area, from, upto } = sender;
    this.drawings = sources.filter((source) => source.records).map((source) => daysCard(source, from));
    return [
      headline(sender.sender),
      lede(t("sender.span", { from: day(from, { year: true }), upto: day(upto, { year: true }) }), area ? [" · ", placeLink(area, named(area))] : null,
        sources.some(({ topic }) => topic === "lab-results") ? [" · ", h("a", { href: `#/lab/${encodeURIComponent(sender.sender)}` }, t("sender.lab"))] : null),
      card(t("sender.received"), null, table(t("sender.received"),
        [t("sender.source"), t("sender.habit"), ...["records", ...VERDICTS].map((verdict) => n(t(`sender.${verdict}`))), t("sender.last"), n(t("sender.ever"))],
        sources.map((source) => [
          t(`sender.topic.${source.topic}`), habit(source.habit, upto), ...["records", ...VERDICTS].map((verdict) => count(source[verdict])),
          h("span", { class: "whole" }, t("sender.ago", { age: age(this.context.now() - source.last, { coarse: true }) })),
          [count(source.ever), h("small", null, t("sender.since", { day: day(source.first_day, { year: true }) }))],
        ])), note(t("sender.habit.note"))),
      this.drawings.map(({ element }) => element),
      reasonsCard(sender),
      sender.quality.map((source) => h("div", { class: "two" }, timelyCard(source), completeCard(source))),
    ];
  }

  drawn() {
    for (const drawing of this.drawings) drawing.draw(this);
  }
}

function daysCard({ topic, daily }, from) {
  const days = daily.accepted.map((_, at) => addDays(from, at));
  const records = days.map((_, at) => VERDICTS.reduce((sum, verdict) => sum + daily[verdict][at], 0));
  const refused = days.map((_, at) => daily.rejected[at] + daily.conflict[at]);
  const title = `${t("sender.days")} · ${t(`sender.topic.${topic}`)}`;
  const drawing = curves(t("sender.days.aria", { n: days.length }), days.map((iso) => day(iso)), [{ name: t("sender.records"), series: [
    { name: t("sender.records"), kind: "bar", colour: "bar", values: records },
    { name: t("sender.refused"), kind: "bar", colour: "critical", values: refused },
  ] }], { height: 170 });
  const columns = [t("sender.day"), ...["records", ...VERDICTS].map((verdict) => n(t(`sender.${verdict}`)))];
  const rows = days.map((iso, at) => [day(iso, { year: true }), count(records[at]), ...VERDICTS.map((verdict) => count(daily[verdict][at]))]).reverse();
  const element = card(title, null, drawing.elements, asTable(title, columns, rows));
  return { element, draw: (page) => drawing.draw(page.chart(element.querySelector(".chart"))) };
}

function reasonsCard({ sender, reasons }) {
  const columns = [t("sender.reason"), t("sender.field"), t("sender.source"), n(t("sender.records")), t("sender.newest")];
  const rows = reasons.map((one) => [
    [h("code", { class: "whole" }, one.reason), h("small", null, t(`sender.${one.verdict}`))], one.field ? h("code", { class: "whole" }, one.field) : "–",
    t(`sender.topic.${one.topic}`), count(one.records), h("code", { class: "whole" }, `${one.partition}@${one.offset}`),
  ]);
  const address = `/api/senders/${encodeURIComponent(sender)}/verdicts`;
  return card(t("sender.reasons"), null, reasons.length ? table(t("sender.reasons"), columns, rows) : h("p", { class: "no" }, t("sender.reasons.none")),
    note(t("sender.reasons.note"), h("a", { href: address, class: "mono" }, address)));
}

function timelyCard({ topic, way, legal, expanded }) {
  const of = `${t("sender.timely")} · ${t(`sender.topic.${topic}`)}`;
  const part = (words, records) => [words, count(records), share(way.told ? records / way.told : null)];
  const rows = [
    way.early ? part(t("sender.way.early"), way.early) : null,
    ...way.below.map(({ seconds, records }) => part(t(`sender.way.${seconds}`), records)),
    part(t("sender.way.above"), way.above),
    way.untold ? [t("sender.way.untold"), count(way.untold), "–"] : null,
  ].filter(Boolean);
  return card(of, null,
    legal?.length ? [h("p", { class: "ahead" }, h("b", null, t("sender.legal.of"))), facts(...legal.map((one) => [
      t("sender.legal", { n: one.hours }), one.told ? [share(one.share), " ", h("span", { class: "no" }, t("sender.kept.of", { n: count(one.kept), told: count(one.told) }))] : share(null),
      [one.told ? h("span", { class: "line" }, typical(one)) : null, one.reports > one.told ? h("span", { class: "line" }, t("sender.untold.legal", { n: count(one.reports - one.told) })) : null],
    ]))] : null,
    h("p", { class: "ahead" }, h("b", null, t("sender.way")), " ", typical(way)),
    table(of, [t("sender.time"), n(t("sender.records")), n(t("sender.filled.share"))], rows),
    expanded ? note(t("sender.expanded", { n: count(expanded) })) : null);
}

function completeCard({ topic, filled, revised, retracted, marks }) {
  const of = `${t("sender.complete")} · ${t(`sender.topic.${topic}`)}`;
  return card(of, null,
    table(of, [t("sender.field"), n(t("sender.filled")), n(t("sender.filled.share"))],
      filled.map((one) => [t(`sender.field.${one.field}`), count(one.filled), share(one.share, t("sender.timely.none"))])),
    facts([t("sender.revised"), count(revised)], [t("sender.retracted"), count(retracted)]),
    note(t("sender.complete.note")),
    marks.assigned || marks.generated ? h("p", { class: "note marks" }, assigned(), " ", t("sender.marks", { assigned: count(marks.assigned), generated: count(marks.generated) })) : null);
}
