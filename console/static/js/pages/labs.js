// All laboratories that released results lately.

import { alertsCard } from "../border-parts.js";
import { card, headline, lede, note } from "../cards.js";
import { h } from "../dom.js";
import { age, count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { marksNote, over, pathogenName, share, took } from "../lab-parts.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { table } from "../table.js";

const n = (text) => ({ text, n: true });

export default class LabsPage extends Page {
  get address() {
    return "/api/labs";
  }

  draw({ labs, nation, alerts, from, upto, target_hours: target, marks }) {
    const columns = [t("lab.lab"), n(t("lab.results")), n(t("lab.tests")), n(t("lab.positives")), n(t("lab.positivity")), n(t("lab.bench")), n(t("lab.over", { n: target })), n(t("lab.invalid")), n(t("lab.corrected")), t("lab.newest")];
    return [
      headline(t("lab.labs")),
      lede(t("border.span", { from: day(from, { year: true }), upto: day(upto, { year: true }) })),
      card(t("lab.labs"), null, labs.length ? table(t("lab.labs"), columns, labs.map((lab) => this.#row(lab))) : h("p", { class: "no" }, t("lab.none")),
        note(t("lab.once.short")), note(t("lab.target.note", { n: target })), marksNote(marks)),
      alertsCard(alerts, t("border.alerts.none")),
      card(t("lab.nation"), h("span", { class: "no" }, t("border.since", { day: day(nation.from) })), nation.pathogens.length
        ? table(t("lab.nation"), [t("lab.pathogen"), n(t("lab.tests")), n(t("lab.positives")), n(t("lab.positivity"))], nation.pathogens.map((one) => [pathogenName(one), count(one.tests), count(one.positives), share(one.positivity)]))
        : h("p", { class: "no" }, t("lab.nation.none")), note(t("lab.nation.note"))),
    ];
  }

  #row(lab) {
    return [
      [link("lab", lab.lab, lab.lab), h("small", null, lab.pathogens.map(named).join(t("border.comma")))],
      count(lab.results), count(lab.tests), count(lab.positives), share(lab.positivity), took(lab.bench), over(lab.bench), share(lab.invalid_share), count(lab.corrected),
      t("lab.ago", { age: age(this.context.now() - lab.newest, { coarse: true }) }),
    ];
  }
}
