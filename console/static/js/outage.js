// The loud part: what the page says when it cannot be trusted to be current.

import { h } from "./dom.js";
import { age, count, timeOfDay } from "./format.js";
import { t } from "./i18n.js";

/** The trouble to announce, worst first, or null. */
function trouble({ stream, silence, heardAt, database, stages }) {
  if (stream === "unreachable") return { text: t("outage.never"), stale: true };
  if (stream === "lost") return { text: t("outage.stream", { age: age(silence) }), more: t("outage.stream.more", { time: timeOfDay(heardAt) }), stale: true };
  if (stream !== "live") return null;
  if (database) {
    return { text: t("outage.database", { age: age(database.for_ms) }),
      more: database.read_at ? t("outage.database.more", { time: timeOfDay(database.read_at) }) : "", stale: true };
  }
  const stuck = (stages ?? []).find((stage) => stage.state === "stalled");
  if (stuck) {
    const name = t(`stage.${stuck.name}`);
    return { text: t("outage.stage", { stage: name, age: age(stuck.quiet_ms) }), more: stuck.lag ? t("outage.stage.more", { lag: count(stuck.lag) }) : "", stale: false };
  }
  return null;
}

export function drawOutage(banner, known) {
  const found = trouble(known);
  document.body.classList.toggle("stale", found?.stale ?? false);
  document.title = `${found?.stale ? t("outage.title") : ""}Tocsin${known.open === null ? "" : ` (${known.open})`}`;
  const said = found ? `${found.text}\n${found.more ?? ""}` : "";
  if (banner.dataset.said === said) return;
  // role=alert speaks on each change: only the first words of an outage are announced, the running seconds are not.
  banner.setAttribute("aria-live", banner.hidden ? "assertive" : "off");
  banner.dataset.said = said;
  banner.hidden = !found;
  banner.replaceChildren(...(found ? [h("span", null, found.text), found.more ? h("p", null, found.more) : ""] : []));
}
