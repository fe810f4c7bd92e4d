// Tables: those beside charts, and those that are the page. A wide one scrolls within its own box.

import { h } from "./dom.js";
import { t } from "./i18n.js";

/**
 * A table with its head. Columns are words, or {text, n: true} for numbers; rows are lists of cells, the first one the
 * row's heading; a cell is text, an element, or a list of both.
 */
export function table(label, columns, rows) {
  const heads = columns.map((column) => (typeof column === "string" ? { text: column } : column));
  const cell = (content, at) => (at === 0 ? h("th", { scope: "row" }, content) : h("td", { class: heads[at].n ? "n" : null }, content));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, h("table", null,
    h("thead", null, h("tr", null, heads.map(({ text, n }) => h("th", { scope: "col", class: n ? "n" : null }, text)))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map(cell))))));
}

/** The same numbers as a chart's, folded away beneath it. */
export const asTable = (label, columns, rows) => h("details", null, h("summary", null, t("page.table")), table(label, columns, rows));
