// Around an alert: the other alerts of its event, and the areas next to it.

import { place, within } from "../alert-words.js";
import { card, note } from "../cards.js";
import { change } from "../change.js";
import { h } from "../dom.js";
import { badges } from "../events.js";
import { count, day, measure } from "../format.js";
import { t } from "../i18n.js";
import { link, placeLink } from "../links.js";
import { severityMark } from "../marks.js";
import { table } from "../table.js";

export function eventCard(event, own) {
  if (!event.length) return null;
  const columns = [t("event.alert"), t("event.source"), t("event.severity"), { text: t("event.days"), n: true }, { text: t("fact.cases7"), n: true }];
  const rows = event.map((one) => [
    one.id === own ? h("b", null, place(one), " ", h("small", null, t("event.this"))) : link("alert", one.id, place(one)),
    [badges([one]) ?? t("source.case-reports"), h("small", { class: "mono" }, one.signal)],
    [severityMark(one.severity), h("small", null, t(`state.${one.state}`))],
    `${day(one.first_day)} – ${day(one.last_day)}`,
    count(one.cases_7d),
  ]);
  return card(t("event.title"), null, table(t("event.title"), columns, rows), note(t("event.note")));
}

export function neighbourCard(neighbours, alert) {
  if (!neighbours.length) return null;
  const columns = [t("map.place"), { text: "km", n: true }, { text: t("fact.cases7"), n: true }, { text: t("change.title"), n: true }, t("map.state")];
  const rows = neighbours.map((one) => [
    [placeLink(one.area, place(one)), h("small", null, within(one))], measure(one.km), count(one.cases_7d), change(one.cases_7d, one.before_7d),
    one.alert ? h("a", { href: `#/alert/${one.alert}` }, severityMark(one.severity)) : h("span", { class: "no" }, t("map.noalert")),
  ]);
  const alarmed = neighbours.filter((one) => one.alert).length;
  return card(t("around.title"), h("span", { class: "no" }, t("around.alarmed", { n: alarmed, of: neighbours.length })),
    table(t("around.title"), columns, rows), note(t("around.note", { signal: alert.signal })));
}
