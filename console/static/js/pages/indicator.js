// One indicator: its newest figure for every place and division.

import { assigned, card, headline, lede, note } from "../cards.js";
import { country } from "../countries.js";
import { h } from "../dom.js";
import { count, day, measure } from "../format.js";
import { named, t } from "../i18n.js";
import { unit } from "../indicator-parts.js";
import { link, to } from "../links.js";
import { marksNote } from "../border-parts.js";
import { Page } from "../page.js";
import { table } from "../table.js";

const n = (text) => ({ text, n: true });

export default class IndicatorPage extends Page {
  get address() {
    return `/api/observations/${encodeURIComponent(this.params.code)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/observations" }, t("observed.back"))];
  }

  draw({ indicator, figures, from, upto, more, marks }) {
    const columns = [t("observed.area"), t("border.port"), t("observed.division"), t("observed.newest"), n(t(`observed.kind.${indicator.kind}`)), n(t("observed.denominator")), t("observed.bounds")];
    const rows = figures.map((one) => [
      h("a", { href: to.area(one.area.code) }, named(one.area)), one.port ? link("port", one.port.code, named(one.port)) : "–",
      [[one.site, one.origin ? country(one.origin) : null, ...one.dimension].filter(Boolean).join(t("border.comma")) || "–", one.assigned ? [" ", assigned()] : null],
      day(one.day), one.count === null ? measure(one.value) : count(one.count), count(one.denominator),
      one.beyond ? h("span", { class: "yes" }, t("observed.beyond")) : t("observed.within")]);
    return [
      headline(named(indicator)),
      lede(t("observed.lede", { unit: unit(indicator), low: measure(indicator.low), high: count(indicator.high) })),
      card(t("observed.figures"), h("span", { class: "no" }, t("border.span", { from: day(from), upto: day(upto) })), figures.length ? table(t("observed.figures"), columns, rows) : h("p", { class: "no" }, t("observed.silent")),
        more ? note(t("observed.more", { n: count(figures.length) })) : null, marksNote(marks)),
    ];
  }
}
