// What the pages of laboratories have in common: shares, durations, and the marks of made-up data.

import { assigned, unknown } from "./cards.js";
import { h } from "./dom.js";
import { count, measure } from "./format.js";
import { locale, named, t } from "./i18n.js";
import { link } from "./links.js";

const percent = (value, digits = 1) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: digits }).format(value);

export const percentText = percent;

/** A share with its interval below it; unknown out of nothing. */
export const share = (found, why = t("lab.untested")) =>
  (found ? [percent(found.share), h("small", null, `${percent(found.lower)} – ${percent(found.upper)}`)] : unknown(why));

/** How long a part of the way took: the median, and what nine in ten were done within. */
export const took = (found) =>
  (found ? [t("lab.hours", { n: measure(found.median) }), h("small", null, t("lab.p90", { n: measure(found.p90) }))] : unknown(t("lab.untimed")));

/** Share over the target of those whose times are known. */
export const over = (found) => (found?.over ? [percent(found.over.share), h("small", null, t("lab.of", { n: count(found.known) }))] : unknown(t("lab.untimed")));

/** A pathogen's name, which leads to its disease where it is notifiable. */
export const pathogenName = (pathogen) => (pathogen.disease ? link("disease", pathogen.disease, named(pathogen)) : named(pathogen));

export const marksNote = ({ assigned: given, generated: made }) =>
  (given || made ? h("p", { class: "note marks" }, assigned(), " ", t("lab.marks", { assigned: count(given), generated: count(made) })) : null);
