// The page: holds what is known, listens to the stream, and lets each part draw itself.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { moment } from "./format.js";
import { language, setLanguage, t, translatePage } from "./i18n.js";
import { Inbox } from "./inbox.js";
import { Live } from "./live.js";
import { drawOutage } from "./outage.js";
import { match } from "./routes.js";
import { spoken } from "./row.js";
import { drawStages } from "./stages.js";

const at = (id) => document.getElementById(id);
const known = { open: null, events: [], closed: null, stages: null, database: null, replay: false, clock: null, told: 0, fresh: new Set() };
const live = new Live("/api/live");
const inbox = new Inbox(at("inbox"), { onState: showState });
const REFRESH = 3000;

let view = null;
let here = match("#/");
let refreshDue = 0;
let unsettled = false;

/** Now, as deadlines see it: the data's clock in a replay, else the server's, moved on by what passed since it spoke. */
const now = () => known.told + (known.replay ? 0 : live.silence ?? 0);

const current = () => (here.name === "alert" ? here.params.id : null);

const context = { now, alerts: () => known.open };

function drawInbox() {
  const closed = inbox.state === "closed";
  inbox.draw({ alerts: closed ? known.closed : known.open, events: closed ? [] : known.events, now: now(), current: current(), fresh: known.fresh });
}

function drawFrame() {
  drawStages(at("stages"), known.stages, live.state === "unreachable" && live.silence === null ? "unreachable" : live.state);
  drawOutage(at("outage"), { stream: live.state, silence: live.silence, heardAt: live.heardAt, database: known.database, stages: known.stages, open: known.open?.size ?? null });
  const clock = known.clock === null ? t("clock.none") : moment(known.replay ? known.clock : now(), { year: true });
  const mode = known.replay ? h("span", { class: "mode", title: t("clock.replay.title") }, t("clock.replay")) : h("span", { class: "mode" }, t("clock.live"));
  at("clock").replaceChildren(mode, h("time", null, clock));
}

function draw() {
  drawFrame();
  drawInbox();
}

/** Read again what the open view shows, soon but not at every change: a replay changes many times a second. */
function refreshView() {
  if (refreshDue) return;
  refreshDue = setTimeout(() => { refreshDue = 0; view?.refresh?.(); }, REFRESH);
}

function hear(message) {
  known.told = message.now;
  known.clock = message.clock ?? known.clock;
  if ("replay" in message) known.replay = message.replay;
  if ("stages" in message) known.stages = message.stages;
  if ("database" in message) known.database = message.database;
}

live.addEventListener("snapshot", ({ detail }) => {
  hear(detail);
  known.open = detail.alerts && new Map(detail.alerts.map((alert) => [alert.id, alert]));
  known.events = detail.events;
  known.closed = null;
  if (inbox.state === "closed") showState("closed");
  draw();
  view?.refresh?.();
});

live.addEventListener("alerts", ({ detail }) => {
  hear(detail);
  known.open ??= new Map();
  known.events = detail.events;
  for (const alert of detail.alerts) {
    if (alert.state === "OPEN") {
      if (!known.open.has(alert.id)) {
        known.fresh.add(alert.id);
        at("announcer").textContent = t("inbox.announce", { what: spoken(alert) });
      }
      known.open.set(alert.id, alert);
    } else {
      known.open.delete(alert.id);
      known.closed?.set(alert.id, alert);
    }
  }
  draw();
  if (!current() || detail.alerts.some((alert) => alert.id === current())) refreshView();
});

live.addEventListener("stages", ({ detail }) => {
  const before = known.clock;
  hear(detail);
  drawFrame();
  // While records are on their way, and once more when the last has arrived.
  const moving = known.clock !== before || detail.stages.some((stage) => stage.state === "moving");
  if ((moving || unsettled) && !current()) refreshView();
  unsettled = moving;
});
live.addEventListener("beat", ({ detail }) => { hear(detail); draw(); });
live.addEventListener("state", draw);
live.addEventListener("silence", drawFrame);

async function showState(state) {
  drawInbox();
  if (state !== "closed" || known.closed) return;
  try {
    const answer = await ask("/api/alerts?state=closed");
    known.closed = new Map(answer.alerts.map((alert) => [alert.id, alert]));
  } catch (error) {
    inbox.empty.textContent = t("alert.failed", { why: error.message });
    return;
  }
  drawInbox();
}

function drawNavigation() {
  for (const link of at("navigation").children) {
    const same = link.hash === (location.hash || "#/");
    link.setAttribute("aria-current", same ? "page" : link.dataset.covers?.split(" ").includes(here.name) ? "true" : "false");
  }
}

async function route() {
  // A jump within the page, as the skip link makes, leaves the page as it is.
  if (view && location.hash && !location.hash.startsWith("#/")) return;
  const found = match(location.hash.startsWith("#/") ? location.hash : "#/");
  view?.close();
  here = found;
  const root = at("view");
  document.body.dataset.layout = here.beside ? "beside" : "page";
  document.body.dataset.part = here.beside ?? "view";
  drawNavigation();
  drawInbox();
  speakSkip();
  root.setAttribute("aria-busy", "true");
  root.scrollTop = 0;
  try {
    const module = await here.load();
    if (here !== found) return;
    view = new module.default(root, here.params, context);
    await view.open();
  } catch (error) {
    if (here !== found) return;
    root.replaceChildren(h("p", { class: "refused" }, t("page.failed", { why: error.message })),
      h("button", { type: "button", class: "quiet", onclick: () => location.reload() }, t("page.retry")));
  }
  if (here === found) root.setAttribute("aria-busy", "false");
}

function speakSkip() {
  const skip = at("skip");
  skip.textContent = t(here.beside ? "skip" : "skip.page");
  skip.href = here.beside ? "#inbox" : "#view";
}

function speak() {
  translatePage();
  at("language").textContent = t("language.other");
  at("language").lang = language() === "zh" ? "en" : "zh-CN";
  at("theme").textContent = t(document.documentElement.dataset.theme === "dark" ? "theme.light" : "theme.dark");
  inbox.frame();
  speakSkip();
}

at("language").addEventListener("click", () => { setLanguage(language() === "zh" ? "en" : "zh"); speak(); draw(); route(); });

at("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("tocsin.theme", next);
  speak();
  draw();
  route();
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    if (!here.beside) location.hash = "#/";
    inbox.focusSearch();
  } else if (event.key === "j" && here.beside) inbox.step(1);
  else if (event.key === "k" && here.beside) inbox.step(-1);
  else if (event.key === "Escape" && here.name) location.hash = "#/";
});
addEventListener("hashchange", route);

speak();
draw();
route();
live.start();
