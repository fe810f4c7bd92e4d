// The chain as one line: where a report is on its way to this page, and where it would be stuck.

import { h } from "./dom.js";
import { age, count } from "./format.js";
import { t } from "./i18n.js";
import { lamp } from "./marks.js";

const ORDER = ["source", "intake", "detect", "sink"];
const PAGE_STATE = { live: "caught_up", connecting: "moving", lost: "stalled", unreachable: "stalled" };

function says(stage) {
  const values = { lag: count(stage.lag), age: age(stage.quiet_ms ?? 0) };
  if (stage.name === "source") return stage.quiet_ms === null ? t("stage.never") : t("stage.last", values);
  if (stage.state === "stalled" && !stage.lag) return t("stage.silent", values);
  return t(`stage.${stage.state}`, values);
}

const pageSays = { live: "stage.live", connecting: "stage.connecting", lost: "stage.lost", unreachable: "stage.lost" };

export function drawStages(list, stages, stream) {
  const known = new Map((stages ?? []).map((stage) => [stage.name, stage]));
  const blind = stream !== "live";
  const items = ORDER.map((name) => {
    // What we were last told says nothing about now once the stream is silent.
    const stage = blind ? null : known.get(name);
    const state = stage?.state ?? "unknown";
    return h("li", { "data-state": state, "data-stage": name, title: stage?.detail || null }, lamp(state), h("span", { class: "name" }, t(`stage.${name}`)),
      h("span", { class: "says" }, stage ? says(stage) : t("stage.unknown")));
  });
  const own = PAGE_STATE[stream];
  items.push(h("li", { "data-state": own, "data-stage": "page" }, lamp(own), h("span", { class: "name" }, t("stage.page")), h("span", { class: "says" }, t(pageSays[stream]))));
  const drawn = items.map((item) => item.outerHTML).join("");
  if (list.dataset.drawn !== drawn) {
    list.dataset.drawn = drawn;
    list.replaceChildren(...items);
  }
}
