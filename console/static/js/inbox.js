// The list of alerts, one row an event: ranked by severity, then by confidence, then newest first; filtered here,
// because a duty officer filters while reading.

import { place, title, within } from "./alert-words.js";
import { arrange, h } from "./dom.js";
import { Events } from "./events.js";
import { count } from "./format.js";
import { has, named, t } from "./i18n.js";
import { SEVERITIES, severityMark } from "./marks.js";
import { rowOf } from "./row.js";

const PAGE = 60;
const LEVELS = ["nation", "province", "prefecture", "county", "port", "conveyance", "origin"];
const CONFIDENCE = ["high", "medium", "low"];
const rank = (alert) => SEVERITIES.indexOf(alert.severity);
const sureness = (alert) => CONFIDENCE.indexOf(alert.confidence.level);
const order = (a, b) => rank(a) - rank(b) || sureness(a) - sureness(b) || b.opened_at - a.opened_at || (a.id < b.id ? -1 : 1);

export class Inbox {
  #rows = new Map();
  #shown = PAGE;

  constructor(root, { onState }) {
    this.root = root;
    this.onState = onState;
    this.state = "open";
    this.level = "";
    this.search = "";
    this.list = h("ol", { class: "rows" });
    this.empty = h("p", { class: "empty" });
    this.more = h("button", { type: "button", class: "quiet more", onclick: () => { this.#shown += PAGE; this.draw(this.last); } });
  }

  /** Lay the head out anew (at start and when the language changes); rows follow with draw(). */
  frame() {
    this.#rows.clear();
    this.heading = h("h2");
    this.tally = h("p", { class: "tally" });
    const choose = (set) => (event) => { set(event.target.value); this.#shown = PAGE; this.draw(this.last); };
    this.box = h("input", { type: "search", placeholder: t("inbox.search"), "aria-label": t("inbox.search"), value: this.search, autocomplete: "off",
      oninput: choose((value) => { this.search = value; }) });
    const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);
    const levels = h("select", { "aria-label": t("inbox.level"), onchange: choose((value) => { this.level = value; }) },
      option("", t("inbox.level.all"), this.level), LEVELS.map((level) => option(level, t(`level.${level}`), this.level)));
    const states = h("select", { "aria-label": t("inbox.state"), onchange: (event) => { this.state = event.target.value; this.#shown = PAGE; this.onState(this.state); } },
      option("open", t("inbox.state.open"), this.state), option("closed", t("inbox.state.closed"), this.state));
    this.root.replaceChildren(
      h("div", { class: "inbox-head" }, this.heading, this.tally, h("div", { class: "filters" }, this.box, levels, states)),
      this.list, this.empty, this.more);
  }

  #matches(alert) {
    if (this.level && alert.area.level !== this.level) return false;
    const wanted = this.search.trim().toLowerCase();
    if (!wanted) return true;
    const text = [place(alert), within(alert), alert.area.code, alert.area.zh, alert.area.en, named(alert.disease), alert.disease.code, alert.id, has(`source.${alert.source}`) ? t(`source.${alert.source}`) : ""];
    return text.join(" ").toLowerCase().includes(wanted);
  }

  /** Show what the page knows now. `alerts` is null before the first answer. */
  draw(known) {
    this.last = known;
    const { alerts, now, current, fresh } = known;
    const events = new Events(known.events);
    const all = alerts ? [...alerts.values()].sort(order) : [];
    // A row stands for its whole event, so it is found by any of its alerts.
    const chosen = all.filter((alert) => !events.leader.has(alert.id) && events.of(alert.id, alerts).some((one) => this.#matches(one)));
    this.heading.replaceChildren(t(this.state === "open" ? "inbox.open" : "inbox.recent"), " ", h("b", null, alerts ? count(all.length) : "–"));
    this.tally.replaceChildren(...SEVERITIES.map((severity) => [severity, all.filter((alert) => alert.severity === severity).length])
      .filter(([, n]) => n).map(([severity, n]) => h("span", null, severityMark(severity), ` ${count(n)}`)));
    const elements = chosen.slice(0, this.#shown).map((alert) => {
      const together = events.of(alert.id, alerts);
      return this.#element(alert, { now, together, current: together.some(({ id }) => id === current), fresh: fresh?.has(alert.id) });
    });
    arrange(this.list, elements);
    for (const id of this.#rows.keys()) if (!alerts?.has(id)) this.#rows.delete(id);
    const none = all.length ? "inbox.none.filtered" : this.state === "open" ? "inbox.none" : "inbox.none.closed";
    this.empty.textContent = chosen.length ? "" : t(alerts ? none : "inbox.waiting");
    this.empty.hidden = chosen.length > 0;
    this.more.hidden = chosen.length <= this.#shown;
    this.more.textContent = t("inbox.more", { n: Math.min(PAGE, chosen.length - this.#shown) });
  }

  #element(alert, { now, together, current, fresh }) {
    // The clock shows minutes: a row is drawn again when it says something else, not at every beat.
    const said = [...together.map((one) => `${one.id} ${one.revision} ${one.confidence.points}`), Math.floor(now / 30_000), current].join(" ");
    const kept = this.#rows.get(alert.id);
    if (kept?.said === said) return kept.element;
    const element = kept?.element ?? h("li", { class: fresh ? "fresh" : null, "data-id": alert.id });
    const focused = element.contains(document.activeElement);
    element.replaceChildren(rowOf(alert, { now, together, current }));
    if (focused) element.firstElementChild.focus({ preventScroll: true });
    this.#rows.set(alert.id, { element, said });
    return element;
  }

  focusSearch() {
    this.box.focus();
    this.box.select();
  }

  /** Move the focus to the next or previous row. */
  step(by) {
    const links = [...this.list.querySelectorAll("a.row")];
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
    next?.focus();
  }
}

export { title };
