// One alert: what it says, why, and whether the line list bears it out.

import { explain, methods, provenance, revisions } from "./alert-parts.js";
import { classText, deadline, place, within } from "../alert-words.js";
import { h } from "../dom.js";
import { Epicurve } from "../epicurve.js";
import { count, day, measure, moment } from "../format.js";
import { named, t } from "../i18n.js";
import { severityMark } from "../marks.js";
import { Page } from "../page.js";
import { expected, inWords, observed, threshold } from "../rules.js";

export default class AlertPage extends Page {
  get address() {
    return `/api/alerts/${encodeURIComponent(this.params.id)}`;
  }

  before() {
    return [h("a", { class: "back", href: "#/" }, t("alert.back"))];
  }

  missing() {
    return t("alert.missing", { id: this.params.id });
  }

  close() {
    super.close();
    this.curve?.close();
  }

  draw({ alert, history }) {
    this.curve?.close();
    this.box = h("section", { class: "card" });
    return [...this.#head(alert), this.box, methods(alert), explain(alert, this.leaving.signal), revisions(history), provenance(alert)];
  }

  drawn(detail) {
    this.curve = new Epicurve(this.box, detail);
  }

  #head(alert) {
    const lead = alert.lead;
    const fact = (label, value, note) => h("div", null, h("dt", null, label), h("dd", null, value, note ? h("small", null, note) : null));
    const level = t(`level.${alert.area.level}`);
    return [
      h("div", { class: "headline" }, h("h2", { tabindex: "-1" }, `${place(alert)} · ${named(alert.disease)}`), severityMark(alert.severity), h("span", { class: `state ${alert.state}` }, t(`state.${alert.state}`))),
      h("p", { class: "lede" }, [within(alert), level, classText(alert.disease)].filter(Boolean).join(" · ")),
      lead ? h("p", { class: "lede" }, t("alert.sentence.one", { level, rule: inWords(lead), observed: observed(lead), expected: expected(lead), threshold: threshold(lead) })) : "",
      h("dl", { class: "facts" },
        fact(t("fact.opened"), moment(alert.opened_at), alert.continues ? h("a", { href: `#/alert/${encodeURIComponent(alert.continues)}` }, t("fact.continues")) : null),
        fact(t("fact.deadline"), deadline(alert, this.context.now()), alert.deadline === null ? (alert.expanded_from_counts ? t("fact.expanded") : null) : t("deadline.hours", { n: alert.clock_hours })),
        fact(t("fact.first"), day(alert.first_day), t("fact.days", { n: count(alert.days) })),
        fact(t("fact.last"), day(alert.last_day)),
        fact(t("fact.cases"), count(alert.cases), t("fact.cases.note")),
        fact(t("fact.cases7"), measure(alert.cases_7d), t("fact.peak", { n: count(alert.peak_7d) }))),
    ];
  }
}
