// One disease: where it is, and by which rules it is watched.

import { alertTable } from "../alert-list.js";
import { classText } from "../alert-words.js";
import { card, facts, headline, lede, note, unknown } from "../cards.js";
import { change } from "../change.js";
import { daily } from "../daily.js";
import { h } from "../dom.js";
import { count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { link } from "../links.js";
import { severityMark } from "../marks.js";
import { Page } from "../page.js";
import { inWords, method } from "../rules.js";
import { table } from "../table.js";

const NATION = "000000";
const sum = (counts, from, to) => counts.slice(from, to).reduce((a, b) => a + b, 0);
const period = ({ from, to }) => t(from && to ? "period.both" : from ? "period.from" : to ? "period.to" : "period.always", { from: day(from, { year: true }), to: day(to, { year: true }) });

export default class DiseasePage extends Page {
  province = NATION;

  get address() {
    return `/api/diseases/${encodeURIComponent(this.params.code)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/overview" }, t("area.back"))];
  }

  draw(answer) {
    const { disease, parent, subtypes, classes, clocks, rules, alerts, provinces, curves, from, counted } = answer;
    this.answer = answer;
    const nation = curves[NATION] ?? [];
    const [week, before] = [sum(nation, -7), sum(nation, -14, -7)];
    const kin = [parent ? [t("disease.parent"), " ", link("disease", parent.code, named(parent))] : null,
      subtypes.length ? [t("disease.subtypes"), " ", subtypes.map((one, at) => [at ? t("list.and") : "", link("disease", one.code, named(one))])] : null].filter(Boolean);
    this.place = h("section", { class: "card" });
    return [
      headline(named(disease)), lede(classText(disease), ` · ${disease.code}`, kin.map((one) => [" · ", one])),
      facts(counted ? [t("map.title"), from ? count(week) : unknown(), from ? `${t("change.title")} ${change(week, before)}` : t("clock.none")] : [t("map.title"), h("span", { class: "no" }, t("disease.notcounted"))],
        [t("inbox.open"), count(alerts.length)],
        classes.length ? [t("disease.class"), classText(disease), classes.length > 1 ? classes.map((one) => h("span", { class: "line" }, `${period(one)}: ${classText({ class: one.class, managed_as: one.managed_as })}`)) : null] : null,
        clocks.length ? [t("disease.clock"), t("disease.hours", { n: answer.report_hours }), clocks.length > 1 ? clocks.map((one) => h("span", { class: "line" }, `${period(one)}: ${t("disease.hours", { n: one.hours })}`)) : null] : null),
      card(t("area.alerts"), null, alertTable(alerts, this.context.now(), "disease")),
      from ? this.place : null,
      counted ? card(t("overview.provinces"), null, table(t("overview.provinces"), [t("map.place"), { text: t("map.count"), n: true }, { text: t("change.title"), n: true }, { text: t("overview.open"), n: true }],
        provinces.filter((one) => one.week || one.before || one.alerts).map((one) => [link("area", one.code, named(one)), count(one.week), change(one.week, one.before), one.alerts ? count(one.alerts) : "–"])), note(t("disease.provinces.note"))) : null,
      card(t("disease.rules"), null, rules.length ? rules.map(ruleOf) : h("p", { class: "no" }, t("disease.norules")), note(t("disease.rules.note"))),
    ];
  }

  drawn() {
    if (this.answer.from) this.#curve();
  }

  #curve() {
    const { curves, from, annotations, provinces } = this.answer;
    const counts = curves[this.province] ?? Array(120).fill(0);
    const drawing = daily(t("disease.curve"), from, counts, this.province === NATION ? annotations : []);
    const choice = h("select", { id: "disease-province", class: "choice", "aria-label": t("map.place"), onchange: (event) => { this.province = event.target.value; this.#curve(); document.getElementById("disease-province").focus(); } },
      h("option", { value: NATION }, t("level.nation")), provinces.filter((one) => curves[one.code]).map((one) => h("option", { value: one.code, selected: one.code === this.province }, named(one))));
    this.drawnChart?.close();
    this.place.replaceChildren(h("header", null, h("h3", null, t("disease.curve")), choice), ...drawing.elements.filter(Boolean));
    drawing.draw((box) => (this.drawnChart = this.chart(box)));
  }
}

function agreement({ agree, uses, minimum, fallback }) {
  const voices = uses.filter((use) => use.speaks).length;
  const said = !voices ? t("policy.shown") : voices === 1 ? t("policy.one") : t(agree === "all" ? "policy.all" : agree === "any" || agree === 1 ? "policy.any" : "policy.some", { n: agree, of: voices });
  return [said, minimum > 1 ? t("policy.minimum", { n: minimum }) : null, fallback ? t("policy.fallback", { method: method(fallback) }) : null].filter(Boolean).join(t("list.then"));
}

function ruleOf(rule) {
  const level = (one) => h("li", null, h("b", null, t(`level.${one.level}`)), " ", agreement(one),
    h("ul", null, one.uses.filter((use) => use.speaks || use.method === one.fallback).map((use) => h("li", null, h("b", null, method(use.method)), ` ${inWords(use)}`))));
  return h("section", { class: "rule-of" }, h("h4", null, named(rule), " ", h("span", { class: `source ${rule.source}` }, t(`source.${rule.source}`)), " ", severityMark(rule.severity)),
    h("p", { class: "no" }, h("code", null, rule.signal), ` · ${t("deadline.hours", { n: rule.clock_hours })}`, rule.every_case ? ` · ${t("disease.everycase")}` : "", rule.from ? ` · ${t("period.from", { from: day(rule.from, { year: true }) })}` : ""),
    h("ul", { class: "levels" }, rule.levels.map(level)));
}
