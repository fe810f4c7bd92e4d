// Two languages, switched in place. Words live in words/, a file for each part of the page.

import * as parts from "./words/index.js";

const merged = (tongue) => Object.assign({}, ...Object.values(parts).map((part) => part[tongue]));

const WORDS = { zh: merged("zh"), en: merged("en") };
const KEPT = "tocsin.language";

function preferred() {
  const kept = localStorage.getItem(KEPT);
  if (kept in WORDS) return kept;
  const first = (navigator.languages ?? [navigator.language]).find((tag) => /^(zh|en)\b/i.test(tag));
  return first && /^en/i.test(first) ? "en" : "zh";
}

let current = preferred();

export const language = () => current;
export const locale = () => (current === "zh" ? "zh-CN" : "en-GB");

export function setLanguage(next) {
  current = next;
  localStorage.setItem(KEPT, next);
}

/** The words of a key, with {names} filled in. A missing key is a defect and shows itself. */
export function t(key, values = {}) {
  const text = WORDS[current][key];
  if (text === undefined) return `⟦${key}⟧`;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const has = (key) => key in WORDS[current];

/** The name of something that the server sends in both languages. */
export const named = (pair) => pair?.[current] || pair?.zh || pair?.en || "";

/** Put words into the parts of the page that index.html marks. */
export function translatePage() {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
}
