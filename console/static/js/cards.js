// The blocks that pages are laid out with: heading, facts, cards, and the marks of what is unknown or assigned.

import { h } from "./dom.js";
import { t } from "./i18n.js";

export const headline = (title, ...marks) => h("div", { class: "headline" }, h("h2", { tabindex: "-1" }, title), marks);

export const lede = (...content) => h("p", { class: "lede" }, content);

/** Facts in a row: [label, value, note]. */
export const facts = (...items) => h("dl", { class: "facts" }, items.filter(Boolean).map(([label, value, note]) =>
  h("div", null, h("dt", null, label), h("dd", null, value, note ? h("small", null, note) : null))));

export const card = (title, side, ...content) => h("section", { class: "card" }, h("header", null, h("h3", null, title), side), content);

export const note = (...content) => h("p", { class: "note" }, content);

/** Where nothing is known, that is said: an empty cell or a zero would say something else. */
export const unknown = (why) => h("span", { class: "no", title: why }, t("page.unknown"));

/** Beside what the source data do not have and the demo assigned or generated. */
export const assigned = () => h("span", { class: "assigned", title: t("page.assigned.why") }, t("page.assigned"));
