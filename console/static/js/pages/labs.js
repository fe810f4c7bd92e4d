// All laboratories that released results lately.

import { card, headline, lede, note } from "../cards.js";
import { h } from "../dom.js";
import { age, count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { marksNote, over, share, took } from "../lab-parts.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { table } from "../table.js";

const n = (text) => ({ text, n: true });

export default class LabsPage extends Page {
  get address() {
    return "/api/labs";
  }

  draw({ labs, from, upto, target_hours: target, marks }) {
    const columns = [t("lab.lab"), n(t("lab.results")), n(t("lab.tests")), n(t("lab.positives")), n(t("lab.positivity")), n(t("lab.bench")), n(t("lab.over", { n: target })), n(t("lab.invalid")), n(t("lab.corrected")), t("lab.newest")];
    return [
      headline(t("lab.labs")),
      lede(t("border.span", { from: day(from, { year: true }), upto: day(upto, { year: true }) })),
      card(t("lab.labs"), null, labs.length ? table(t("lab.labs"), columns, labs.map((lab) => this.#row(lab))) : h("p", { class: "no" }, t("lab.none")),
        note(t("lab.once.short")), note(t("lab.target.note", { n: target })), marksNote(marks)),
    ];
  }

  #row(lab) {
    return [
      [link("lab", lab.sender, lab.sender), h("small", null, lab.pathogens.map(named).join(t("border.comma")))],
      count(lab.results), count(lab.tests), count(lab.positives), share(lab.positivity), took(lab.bench), over(lab.bench), share(lab.invalid_share), count(lab.corrected),
      t("lab.ago", { age: age(this.context.now() - lab.newest, { coarse: true }) }),
    ];
  }
}
