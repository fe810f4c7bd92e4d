// The revisions of an alert, newest first, each with what it changed.

import { h } from "../dom.js";
import { count, day, measure, moment } from "../format.js";
import { has, t } from "../i18n.js";
import { method } from "../rules.js";

const SHOWN = 6;

function because(text) {
  const [word, value] = text.split(" ");
  if (!has(`because.${word}`)) return text;
  return t(`because.${word}`, { n: count(Number(value)), severity: has(`severity.${value}`) ? t(`severity.${value}`) : value });
}

const WORDS = {
  state: (value) => t(`state.${value}`), severity: (value) => t(`severity.${value}`),
  first_day: (value) => day(value), last_day: (value) => day(value), catalogue: (value) => value,
};

/** From one value to another; the old one is struck through for the eye and named for the ear. */
const step = (label, before, after) => h("li", null, `${label} `, h("del", null, before), " → ", h("ins", null, after));

function difference(changes) {
  const items = [];
  for (const [name, before, after] of changes.fields ?? []) {
    const say = WORDS[name] ?? count;
    items.push(step(t(`diff.${name}`), say(before), say(after)));
  }
  for (const kind of ["added", "removed"]) {
    if (changes[kind]) items.push(h("li", null, t(`diff.${kind}`, { days: changes[kind].map((iso) => day(iso)).join(t("list.and")) })));
  }
  for (const [iso, before, after] of changes.counts ?? []) items.push(step(t("diff.count", { day: day(iso) }), count(before), count(after)));
  if (changes.counts_more) items.push(h("li", null, t("diff.more", { n: count(changes.counts_more) })));
  for (const { method: name, alarm, observed, upper } of changes.methods ?? []) {
    if (alarm) items.push(step(method(name), t(alarm[0] ? "methods.alarm" : "methods.quiet"), t(alarm[1] ? "methods.alarm" : "methods.quiet")));
    if (observed) items.push(step(`${method(name)} ${t("figure.observed")}`, measure(observed[0]), measure(observed[1])));
    if (upper) items.push(step(`${method(name)} ${t("curve.upper")}`, measure(upper[0]), measure(upper[1])));
  }
  return items;
}

function revision(event) {
  const items = difference(event.changes);
  return h("li", null, h("span", { class: "no" }, event.revision),
    h("div", { class: "what" }, h("b", null, t(`kind.${event.kind}`)), t("history.cases", { n: count(event.cases), week: count(event.cases_7d) }),
      event.speaks ? h("span", { class: "spoke" }, ` · ${t("history.spoke", { why: because(event.speaks_because) })}`) : null,
      items.length ? h("details", { class: "diff" }, h("summary", null, t("diff.title", { n: count(items.length) })), h("ul", null, items)) : null),
    h("time", { datetime: new Date(event.clock).toISOString() }, moment(event.clock, { year: false })));
}

export function revisions(history) {
  const list = h("ol", { class: "revisions" }, history.slice(0, SHOWN).map(revision));
  const more = history.length > SHOWN
    ? h("button", { type: "button", class: "quiet", onclick: (event) => { list.replaceChildren(...history.map(revision)); event.target.remove(); } }, t("history.more", { n: count(history.length) })) : null;
  return h("section", { class: "card" }, h("header", null, h("h3", null, t("history.title"))), list, more);
}
