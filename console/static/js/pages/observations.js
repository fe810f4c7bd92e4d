// Published totals against our reports, and every indicator with its newest figures and bounds.

import { ask } from "../api.js";
import { card, headline, note, unknown } from "../cards.js";
import { curves } from "../curves.js";
import { h } from "../dom.js";
import { addDays, count, day, measure } from "../format.js";
import { named, t } from "../i18n.js";
import { unit } from "../indicator-parts.js";
import { marksNote } from "../border-parts.js";
import { Page } from "../page.js";
import { asTable, table } from "../table.js";

const n = (text) => ({ text, n: true });
const NATION = "000000";

export default class ObservationsPage extends Page {
  chosen = { disease: "", day: "", area: NATION };

  get address() {
    return `/api/reconciliation?${new URLSearchParams(this.chosen)}`;
  }

  draw(answer) {
    this.below = h("div");
    this.#drawIndicators();
    return [headline(t("observed.title")), this.#choices(answer), this.#differences(answer), this.#curve(answer), this.below];
  }

  drawn() {
    this.drawing?.draw(this.chart(this.root.querySelector(".curves")));
  }

  async refresh() {
    await super.refresh();
    try {
      const said = await ask("/api/observations", { signal: this.leaving.signal });
      const changed = JSON.stringify(said) !== JSON.stringify(this.indicators);
      this.indicators = said;
      if (changed) this.#drawIndicators();
    } catch (error) {
      // What is shown stays.
      if (!this.leaving.signal.aborted && !this.indicators) this.below?.replaceChildren(h("p", { class: "refused" }, t("page.failed", { why: error.message })));
    }
  }

  #drawIndicators() {
    if (this.indicators) this.below?.replaceChildren(indicatorsCard(this.indicators), refusedCard(this.indicators.refused));
  }

  #choose(what, value) {
    this.chosen = { ...this.chosen, [what]: value };
    super.refresh();
  }

  #choices({ disease, diseases, day: chosen, days, rows, area }) {
    const select = (id, options, take) => h("select", { id, class: "choice", onchange: (event) => take(event.target.value) }, options.map(([value, text, selected]) => h("option", { value, selected }, text)));
    const places = [...new Map([area, ...rows.map((row) => row.area)].map((place) => [place.code, place])).values()].sort((a, b) => a.code.localeCompare(b.code));
    return h("div", { class: "choices" },
      h("label", null, t("observed.disease"), select("disease", diseases.map((one) => [one.code, named(one), one.code === disease]), (value) => this.#choose("disease", value))),
      days ? h("label", null, t("observed.day"), h("input", { id: "day", class: "choice", type: "date", value: chosen, min: days[0], max: days[1], onchange: (event) => event.target.value && this.#choose("day", event.target.value) })) : null,
      h("label", null, t("observed.area"), select("area", places.map((place) => [place.code, named(place), place.code === area.code]), (value) => this.#choose("area", value))));
  }

  #differences({ rows, day: chosen }) {
    if (!chosen) return card(t("observed.difference"), null, h("p", { class: "no" }, t("observed.nothing")));
    const columns = [t("observed.area"), n(t("observed.published")), n(t("observed.parts")), n(t("observed.reported")), n(t("observed.difference.column"))];
    const cells = ({ area, published, parts, reported, difference }) => [named(area), published === null ? unknown(t("observed.unpublished")) : count(published), parts === null ? "–" : count(parts), count(reported),
      difference === null ? "–" : `${difference > 0 ? "+" : ""}${count(difference)}`];
    return card(t("observed.difference"), h("span", { class: "no" }, day(chosen, { year: true })), table(t("observed.difference"), columns, rows.map(cells)), note(t("observed.difference.note")));
  }

  #curve({ curve, area }) {
    this.drawing = null;
    if (!curve) return null;
    const days = curve.published.map((_, at) => addDays(curve.from, at));
    this.drawing = curves(t("observed.curve.aria", { place: named(area) }), days.map((iso) => day(iso)), [{ name: t("observed.cumulative"), series: [
      { name: t("observed.published"), kind: "line", colour: "ink", values: curve.published },
      { name: t("observed.parts"), kind: "dash", colour: "low", values: curve.parts },
      { name: t("observed.reported"), kind: "line", colour: "critical", values: curve.reported }] }], { height: 290 });
    return card(t("observed.curve", { place: named(area) }), null, this.drawing.elements,
      asTable(t("observed.curve", { place: named(area) }), [t("curve.day"), n(t("observed.published")), n(t("observed.parts")), n(t("observed.reported"))],
        days.map((iso, at) => [day(iso), curve.published[at] === null ? unknown(t("observed.unpublished")) : count(curve.published[at]), curve.parts[at] === null ? "–" : count(curve.parts[at]), count(curve.reported[at])]).reverse()));
  }
}

function indicatorsCard({ indicators, from, upto, marks }) {
  const columns = [t("observed.indicator"), t("observed.unit"), n(t("observed.low")), n(t("observed.high")), n(t("observed.records")), n(t("observed.places")), t("observed.newest")];
  const rows = indicators.map((one) => [
    [one.records ? h("a", { href: `#/observations/${encodeURIComponent(one.code)}` }, named(one)) : named(one), h("small", null, t(`observed.kind.${one.kind}`))],
    unit(one), measure(one.low), count(one.high), count(one.records), one.records ? t("observed.places.n", { areas: count(one.areas), ports: count(one.ports) }) : "–", one.newest ? day(one.newest) : "–"]);
  return card(t("observed.indicators"), h("span", { class: "no" }, t("border.span", { from: day(from), upto: day(upto) })), table(t("observed.indicators"), columns, rows), note(t("observed.bounds.note")), marksNote(marks));
}

const refusedCard = (refused) => card(t("observed.refused"), null, refused.length
  ? table(t("observed.refused"), [t("observed.reason"), t("observed.field"), n(t("observed.records")), n(t("observed.senders"))], refused.map((row) => [h("code", null, row.reason), row.field ? h("code", null, row.field) : "–", count(row.records), count(row.senders)]))
  : h("p", { class: "no" }, t("observed.refused.none")));
