// What every page does alike: ask the server, draw what it says, ask again when the stream says that something changed.

import { ask } from "./api.js";
import { Chart } from "./chart.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";

/** Subclasses give `address` (what to ask) and `draw(answer)` (elements); `drawn(answer)` may follow once they stand. */
export class Page {
  #charts = [];
  #said = null;

  /** @param root where to draw @param params from the address @param context `now()` and `alerts()` of the frame */
  constructor(root, params, context) {
    this.root = root;
    this.params = params;
    this.context = context;
    this.leaving = new AbortController();
  }

  open() {
    this.root.replaceChildren(...this.before(), h("p", { class: "waiting", role: "status" }, t("page.loading")));
    return this.refresh();
  }

  close() {
    this.leaving.abort();
    this.#closeCharts();
  }

  /** What stands above the page in every state: a way back, a heading. */
  before() {
    return [];
  }

  drawn() {}

  /** What to say where the server knows nothing of it. */
  missing() {
    return t("page.missing");
  }

  /** A chart in a box that stands in the page; closed by itself before the page is drawn anew. */
  chart(box) {
    const made = new Chart(box);
    this.#charts.push(made);
    return made;
  }

  async refresh() {
    const asked = this.address;
    let answer;
    try {
      answer = await ask(asked, { signal: this.leaving.signal });
    } catch (error) {
      // What is shown stays; the banner says that updates fail.
      if (this.leaving.signal.aborted || this.#said !== null) return;
      this.root.replaceChildren(...this.before(), h("p", { class: "refused" }, t("page.failed", { why: error.message })),
        h("button", { type: "button", class: "quiet", onclick: () => this.open() }, t("page.retry")));
      return;
    }
    if (this.leaving.signal.aborted || asked !== this.address) return;
    const said = JSON.stringify(answer);
    if (said === this.#said) return;
    this.#said = said;
    this.#replace(answer);
  }

  #replace(answer) {
    const opened = [...this.root.querySelectorAll("details")].map((one) => one.open);
    const scroll = this.root.scrollTop;
    const focus = this.root.contains(document.activeElement) ? sign(document.activeElement) : null;
    this.#closeCharts();
    const content = answer === null ? [h("p", { class: "refused" }, this.missing())] : this.draw(answer);
    this.root.replaceChildren(...[this.before(), content].flat(Infinity).filter(Boolean));
    if (answer !== null) this.drawn(answer);
    [...this.root.querySelectorAll("details")].forEach((one, at) => { if (opened[at]) one.open = true; });
    this.root.scrollTop = scroll;
    if (focus) this.root.querySelector(focus)?.focus({ preventScroll: true });
  }

  #closeCharts() {
    for (const chart of this.#charts.splice(0)) chart.close();
  }
}

/** A selector that finds the same element after the page was drawn anew, or null. */
function sign(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}
