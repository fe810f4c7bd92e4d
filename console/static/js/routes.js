// Which page shows an address. A page is a module whose default export is a class with
// constructor(root, params, context), open(), refresh() and close(); `Page` in page.js does most of it.
// `beside`: the page stands beside the list of alerts; on a narrow screen one of the two fills it.

const ROUTES = [
  ["#/", () => import("./pages/map.js"), { beside: "list" }],
  ["#/map", () => import("./pages/map.js"), { beside: "view" }],
  ["#/alert/:id", () => import("./pages/alert.js"), { beside: "view" }],
  ["#/overview", () => import("./pages/overview.js")],
  ["#/disease/:code", () => import("./pages/disease.js")],
  ["#/area/:code", () => import("./pages/area.js")],
  ["#/ports", () => import("./pages/ports.js")],
  ["#/port/:code", () => import("./pages/port.js")],
  ["#/origin/:code", () => import("./pages/origin.js")],
  ["#/labs", () => import("./pages/labs.js")],
  ["#/lab/:lab", () => import("./pages/lab.js")],
  ["#/senders", () => import("./pages/senders.js")],
  ["#/sender/:code", () => import("./pages/sender.js")],
  ["#/observations", () => import("./pages/observations.js")],
  ["#/observations/:code", () => import("./pages/indicator.js")],
];

const NOWHERE = { load: () => import("./pages/nowhere.js"), params: {}, name: "", beside: null };

function fits(pattern, parts) {
  const wanted = pattern.split("/");
  if (wanted.length !== parts.length) return null;
  const params = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = parts[i];
    else if (part !== parts[i]) return null;
  }
  return params;
}

/** The page of an address: how to load it, its parameters, its name (the first word of the address). */
export function match(hash) {
  let parts;
  try {
    parts = hash.split("/").map(decodeURIComponent);
  } catch {
    return NOWHERE;
  }
  for (const [pattern, load, { beside = null } = {}] of ROUTES) {
    const params = fits(pattern, parts);
    if (params) return { load, params, name: parts[1], beside };
  }
  return NOWHERE;
}
