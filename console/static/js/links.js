// Addresses of things: every alert, disease, area, port, origin, laboratory and sender that is named can be opened.

import { h } from "./dom.js";

const at = (page) => (code) => `#/${page}/${encodeURIComponent(code)}`;

export const to = {
  alert: at("alert"),
  disease: at("disease"),
  area: at("area"),
  port: at("port"),
  origin: at("origin"),
  lab: at("lab"),
  sender: at("sender"),
};

/** A link to one thing, such as link("disease", "plague", "鼠疫"). */
export const link = (kind, code, ...content) => h("a", { href: to[kind](code) }, content);

/** Where the place of an alert or a series is shown. A conveyance or a subtype belongs to what stands before the slash. */
export function toPlace({ code, level }) {
  const head = code.split("/")[0];
  if (level === "port" || level === "conveyance") return to.port(head);
  if (level === "origin") return to.origin(head);
  return to.area(head.replace(/u$/, ""));
}

export const placeLink = (place, ...content) => h("a", { href: toPlace(place) }, content);
