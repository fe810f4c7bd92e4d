// One area: what is open in it, what is reported from it, and the areas within it.

import { alertTable } from "../alert-list.js";
import { card, facts, headline, lede, note, unknown } from "../cards.js";
import { change } from "../change.js";
import { daily } from "../daily.js";
import { h } from "../dom.js";
import { addDays, count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { table } from "../table.js";

export default class AreaPage extends Page {
  disease = "";

  get address() {
    return `/api/areas/${encodeURIComponent(this.params.code)}?disease=${encodeURIComponent(this.disease)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/overview" }, t("area.back"))];
  }

  draw(answer) {
    const { area, around, population, upto, curve, diseases, children, ports, alerts } = answer;
    const week = curve.slice(-7).reduce((a, b) => a + b, 0);
    const before = curve.slice(-14, -7).reduce((a, b) => a + b, 0);
    const columns = (first) => [first, { text: t("map.count"), n: true }, { text: t("change.title"), n: true }, { text: t("overview.open"), n: true }];
    const row = (name, one) => [name, count(one.week), change(one.week, one.before), one.alerts ? count(one.alerts) : "–"];
    this.drawing = upto ? daily(t("area.curve"), addDays(upto, 1 - curve.length), curve) : null;
    return [
      headline(named(area)), lede(around.map((one, at) => [at ? " › " : "", link("area", one.code, named(one))]), around.length ? " · " : "", t(`level.${area.level}`), ` · ${area.code}`),
      facts([t("map.title"), upto ? count(week) : unknown(), upto ? `${t("change.title")} ${change(week, before)} · ${t("map.upto", { day: day(upto, { year: true }) })}` : null],
        [t("inbox.open"), count(alerts.length)],
        [t("area.population"), population === null ? unknown() : count(population)],
        ports.length ? [t("area.ports"), count(ports.length), ports.map((port, at) => [at ? t("list.and") : "", link("port", port.code, named(port))])] : null),
      card(t("area.alerts"), null, alertTable(alerts, this.context.now())),
      this.drawing ? card(t("area.curve"), this.#choice(diseases), this.drawing.elements) : null,
      h("div", { class: "two" },
        card(t("area.diseases"), null, diseases.length ? table(t("area.diseases"), columns(t("map.disease")), diseases.map((one) => row(link("disease", one.code, named(one)), one))) : h("p", { class: "no" }, t("area.quiet"))),
        children.length ? card(t("area.children"), null, table(t("area.children"), columns(t("map.place")), children.map((one) => row(link("area", one.code, named(one)), one)))) : null),
      note(t("overview.note")),
    ];
  }

  drawn() {
    this.drawing?.draw((box) => this.chart(box));
  }

  #choice(diseases) {
    return h("select", { id: "area-disease", class: "choice", "aria-label": t("map.disease"), onchange: (event) => { this.disease = event.target.value; this.refresh(); } },
      h("option", { value: "" }, t("map.disease.all")),
      diseases.map((one) => h("option", { value: one.code, selected: one.code === this.disease }, named(one))));
  }
}
