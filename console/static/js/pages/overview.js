// The nation at a glance.

import { severities } from "../alert-list.js";
import { card, facts, headline, lede, note } from "../cards.js";
import { change } from "../change.js";
import { h } from "../dom.js";
import { count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { table } from "../table.js";

const SOURCES = ["case-reports", "lab-results", "entry-declarations"];

export default class NationPage extends Page {
  disease = "";

  get address() {
    return `/api/nation?disease=${encodeURIComponent(this.disease)}`;
  }

  draw({ upto, totals, alerts, sources, diseases, provinces, stages }) {
    const columns = (first) => [first, { text: t("map.count"), n: true }, { text: t("change.title"), n: true }, t("overview.open")];
    const row = (name, one) => [name, count(one.week), change(one.week, one.before), severities(one.alerts)];
    const silent = stages.filter(({ state }) => state === "stalled" || state === "unknown");
    const counted = [["cases", t("overview.cases")], ["positives", t("overview.positives")], ["travellers", t("overview.travellers")]];
    return [
      headline(t("overview.title")), lede(upto ? t("map.upto", { day: day(upto, { year: true }) }) : t("clock.none")),
      facts(
        ...counted.filter(([what]) => totals[what]).map(([what, label]) => [label, count(totals[what].week), `${t("change.title")} ${change(totals[what].week, totals[what].before)}`]),
        [t("inbox.open"), severities(alerts), SOURCES.filter((one) => sources[one]).map((one) => `${t(`source.${one}`)} ${count(sources[one])}`).join(" · ")],
        [t("overview.stages"), silent.length ? h("span", { class: "refused" }, silent.map(({ name }) => t(`stage.${name}`)).join(t("list.and"))) : t("overview.moving"), silent.length ? t("overview.silent") : null]),
      h("div", { class: "two" },
        card(t("overview.diseases"), null, table(t("overview.diseases"), columns(t("map.disease")), diseases.map((one) => row(link("disease", one.code, named(one)), one)))),
        card(t("overview.provinces"), this.#choice(diseases), table(t("overview.provinces"), columns(t("map.place")), provinces.map((one) => row(link("area", one.code, named(one)), one))))),
      note(t("overview.note")),
    ];
  }

  #choice(diseases) {
    return h("select", { id: "overview-disease", class: "choice", "aria-label": t("map.disease"), onchange: (event) => { this.disease = event.target.value; this.refresh(); } },
      h("option", { value: "" }, t("map.disease.all")),
      diseases.filter((one) => one.week || one.before || one.code === this.disease).map((one) => h("option", { value: one.code, selected: one.code === this.disease }, named(one))));
  }
}
