// One alert: what it says, why, what stands around it, and whether the line list bears it out.

import { h } from "../dom.js";
import { Epicurve } from "../epicurve.js";
import { among } from "../alert-words.js";
import { count, day, measure, moment } from "../format.js";
import { t } from "../i18n.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { facts } from "../cards.js";
import { eventCard, neighbourCard } from "./alert-around.js";
import { brief, heading } from "./alert-brief.js";
import { explain, methods, provenance } from "./alert-parts.js";
import { revisions } from "./alert-revisions.js";
import { sourcesCard } from "./alert-sources.js";

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

  draw(detail) {
    const { alert, event, history, neighbours } = detail;
    this.curve?.close();
    this.box = h("section", { class: "card" });
    this.sources = sourcesCard(detail);
    const { element, verdict } = brief(alert, event, this.context.now());
    return [
      heading(alert), element, figures(alert), eventCard(event, alert.id), this.box, this.sources?.element, methods(alert),
      neighbourCard(neighbours, alert), explain(alert, this.leaving.signal, verdict), revisions(history), provenance(alert),
    ];
  }

  drawn(detail) {
    this.curve = new Epicurve(this.box, detail);
    this.sources?.draw((box) => this.chart(box));
  }
}

const figures = (alert) => facts(
  [t("fact.opened"), moment(alert.opened_at), alert.continues ? link("alert", alert.continues, t("fact.continues")) : null],
  [t("fact.first"), day(alert.first_day), t("fact.days", { n: count(alert.days) })],
  [t("fact.last"), day(alert.last_day)],
  [t("fact.cases"), count(alert.cases), t("fact.cases.note")],
  [t("fact.cases7"), measure(alert.cases_7d), [among(alert), t("fact.peak", { n: count(alert.peak_7d) })].filter(Boolean).join(" · ")],
);
