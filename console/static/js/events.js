// Alerts of several sources that are one event: which alert leads it, and which sources tell of it.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const SOURCES = ["case-reports", "lab-results", "entry-declarations"];

/** Who leads whom: the leading alert's id to all members, and each other member's id to its leader. */
export class Events {
  constructor(events = []) {
    this.members = new Map(events.map((ids) => [ids[0], ids]));
    this.leader = new Map(events.flatMap(([lead, ...others]) => others.map((id) => [id, lead])));
  }

  /** Alerts of the event that an alert leads; itself alone where it is in none. */
  of(id, alerts) {
    return (this.members.get(id) ?? [id]).map((member) => alerts.get(member)).filter(Boolean);
  }
}

/** A badge for each source, in the order in which one leads another; a clinic's alert alone needs none. */
export function badges(alerts) {
  const found = SOURCES.filter((source) => alerts.some((alert) => alert.source === source));
  if (found.length < 2 && found[0] === SOURCES[0]) return null;
  return h("span", { class: "badges" }, found.map((source) => h("span", { class: `source ${source}` }, t(`source.${source}`))));
}
