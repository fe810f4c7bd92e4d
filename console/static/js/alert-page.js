// One alert: what it says, why, and whether the line list bears it out.

import { ask } from "./api.js";
import { explain, methods, provenance, revisions } from "./alert-parts.js";
import { classText, deadline, place, within } from "./alert-words.js";
import { h } from "./dom.js";
import { Epicurve } from "./epicurve.js";
import { count, day, measure, moment } from "./format.js";
import { named, t } from "./i18n.js";
import { severityMark } from "./marks.js";
import { expected, inWords, observed, threshold } from "./rules.js";

export class AlertPage {
  constructor(root, id, now) {
    this.root = root;
    this.id = id;
    this.now = now;
    this.revision = null;
    this.leaving = new AbortController();
  }

  async open() {
    this.root.replaceChildren(this.#back(), h("p", { class: "waiting", role: "status" }, t("alert.loading")));
    await this.refresh();
  }

  close() {
    this.leaving.abort();
    this.curve?.close();
  }

  /** Read the alert again; the page is drawn anew only where it says something else. */
  async refresh() {
    try {
      const detail = await ask(`/api/alerts/${encodeURIComponent(this.id)}`, { signal: this.leaving.signal });
      if (this.leaving.signal.aborted) return;
      if (!detail) this.root.replaceChildren(this.#back(), h("p", { class: "refused" }, t("alert.missing", { id: this.id })));
      else this.#draw(detail);
    } catch (error) {
      if (this.leaving.signal.aborted) return;
      if (this.revision !== null) return;  // keep what is shown; the banner says that updates fail
      this.root.replaceChildren(this.#back(), h("p", { class: "refused" }, t("alert.failed", { why: error.message })),
        h("button", { type: "button", class: "quiet", onclick: () => this.open() }, t("alert.retry")));
    }
  }

  #back() {
    return h("a", { class: "back", href: "#/" }, t("alert.back"));
  }

  #draw(detail) {
    const { alert } = detail;
    const open = [...this.root.querySelectorAll("details")].map((one) => one.open);
    const scroll = this.root.scrollTop;
    this.curve?.close();
    const curve = h("section", { class: "card" });
    this.root.replaceChildren(this.#back(), ...this.#head(alert), curve, methods(alert), explain(alert, this.leaving.signal), revisions(detail.history), provenance(alert));
    this.curve = new Epicurve(curve, detail);
    this.revision = alert.revision;
    if (open[0]) this.root.querySelector("details").open = true;
    this.root.scrollTop = scroll;
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
        fact(t("fact.deadline"), deadline(alert, this.now()), alert.deadline === null ? (alert.expanded_from_counts ? t("fact.expanded") : null) : t("deadline.hours", { n: alert.clock_hours })),
        fact(t("fact.first"), day(alert.first_day), t("fact.days", { n: count(alert.days) })),
        fact(t("fact.last"), day(alert.last_day)),
        fact(t("fact.cases"), count(alert.cases), t("fact.cases.note")),
        fact(t("fact.cases7"), measure(alert.cases_7d), t("fact.peak", { n: count(alert.peak_7d) }))),
    ];
  }
}
