// The parts of an alert's page that bear it out: methods, recount, provenance.

import { ask } from "../api.js";
import { h } from "../dom.js";
import { count, day, measure, moment, probability } from "../format.js";
import { has, t } from "../i18n.js";
import { expected, inWords, method, observed, parametersText, threshold } from "../rules.js";

const dash = "–";

const head = (...columns) => h("thead", null, h("tr", null, columns.map(([text, numeric]) => h("th", { scope: "col", class: numeric ? "n" : null }, text))));

function says(evidence) {
  if (evidence.reason) return h("span", { class: "no" }, has(`reason.${evidence.reason}`) ? t(`reason.${evidence.reason}`) : evidence.reason);
  return evidence.alarm ? h("span", { class: "yes" }, `● ${t("methods.alarm")}`) : h("span", { class: "no" }, t("methods.quiet"));
}

export function methods(alert) {
  const column = { observed: t("figure.observed"), expected: t("figure.expected"), threshold: t("figure.threshold"), score: t("methods.score"), days: t("methods.days") };
  const cell = (label, ...content) => h("td", { class: "n", role: "cell", "data-label": label }, content);
  // The roles are spelled out because a narrow screen lays the rows out as cards, which takes a table's meaning away.
  const rows = alert.evidence.map((evidence) => h("tr", { role: "row" },
    h("th", { scope: "row", role: "rowheader" }, method(evidence.method), h("small", null, t(evidence.speaks ? "methods.speaks" : "methods.shown"))),
    h("td", { role: "cell" }, says(evidence)),
    cell(column.observed, observed(evidence)), cell(column.expected, expected(evidence)), cell(column.threshold, threshold(evidence)),
    cell(column.score, measure(evidence.score), evidence.p_value === null ? null : h("small", null, probability(evidence.p_value))),
    cell(column.days, count(evidence.alarm_days.length)),
    h("td", { class: "wide", role: "cell" }, inWords(evidence), h("small", { class: "mono" }, parametersText(evidence.parameters)))));
  const heads = [[t("methods.method")], [t("methods.says")], ...Object.values(column).map((text) => [text, 1]), [t("methods.parameters")]];
  return h("section", { class: "card" }, h("header", null, h("h3", null, t("methods.title")), h("span", { class: "no" }, t("methods.on", { day: day(alert.last_day, { year: true }) }))),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("methods.title") }, h("table", { class: "cards", role: "table" },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map(([text, numeric]) => h("th", { scope: "col", role: "columnheader", class: numeric ? "n" : null }, text)))),
      h("tbody", { role: "rowgroup" }, rows))));
}

function shown(value) {
  if (value === null || value === undefined || value === "") return dash;
  if (typeof value === "number") return measure(value);
  if (typeof value === "boolean") return value ? "✓" : "✗";
  if (!Array.isArray(value)) return String(value);
  return value.length > 2 ? `${value.length}: ${value[0]} … ${value.at(-1)}` : value.join(", ") || dash;
}

function comparison(items) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("explain.title") }, h("table", null, head([t("explain.item")], [t("explain.said"), 1], [t("explain.found"), 1]),
    h("tbody", null, items.map((item) => h("tr", null, h("th", { scope: "row", class: "mono" }, item.what), h("td", { class: "n" }, shown(item.said)), h("td", { class: item.agrees ? "n" : "n yes" }, shown(item.found)))))));
}

/** Ask the server to recompute the alert, and show what it found. Returns the card at once; `above` hears it too. */
export function explain(alert, signal, above) {
  const badge = h("span", { class: "waiting", role: "status" }, t("explain.running"));
  const body = h("div");
  const card = h("section", { class: "card", "data-part": "explain" }, h("header", null, h("h3", null, t("explain.title")), badge), body, h("p", { class: "note" }, t("explain.note")));
  ask(`/api/alerts/${encodeURIComponent(alert.id)}/explain`, { signal }).then((found) => {
    if (!found) throw new Error("404");
    badge.className = `verdict ${found.agrees ? "agrees" : "disagrees"}`;
    badge.textContent = t(found.agrees ? "explain.agrees" : "explain.disagrees");
    above.className = `borne-out ${found.agrees ? "agrees" : "disagrees"}`;
    above.textContent = t(found.agrees ? "brief.agrees" : "brief.disagrees", { n: count(found.counted) });
    const wrong = found.items.filter((item) => !item.agrees);
    body.replaceChildren(
      h("p", null, t("explain.counted", { from: day(found.counted_from, { year: true }), to: day(found.counted_to, { year: true }), n: count(found.counted), said: count(found.said) })),
      wrong.length ? h("div", null, h("h4", { class: "refused" }, t("explain.differences")), comparison(wrong)) : "",
      h("details", null, h("summary", null, t("explain.all", { n: count(found.items.length) })), comparison(found.items)));
  }).catch((error) => {
    if (signal.aborted) return;
    badge.className = "refused";
    badge.textContent = t("explain.failed", { why: error.message });
    above.className = "borne-out";
    above.textContent = t("brief.norecount");
  });
  return card;
}

const link = (id) => h("a", { href: `#/alert/${encodeURIComponent(id)}`, class: "mono" }, id);

export function provenance(alert) {
  const fact = (name, ...value) => [h("dt", null, t(`provenance.${name}`)), h("dd", null, value)];
  return h("section", { class: "card" }, h("header", null, h("h3", null, t("provenance.title"))), h("dl", { class: "provenance" },
    fact("id", h("code", null, alert.id)),
    fact("signal", h("code", null, alert.signal)),
    fact("catalogue", h("code", null, alert.catalogue)),
    fact("clock", moment(alert.clock, { year: true, seconds: true })),
    fact("marker", h("code", null, alert.marker_id), h("br"), h("code", null, alert.marker)),
    alert.continues ? fact("continues", link(alert.continues)) : null,
    alert.merged_into ? fact("merged", link(alert.merged_into)) : null,
    fact("baseline", t("provenance.baseline.from", { day: day(alert.baseline_from, { year: true }), n: count(alert.baseline.length) }), h("br"), h("code", null, alert.baseline.join(" ")))));
}
