// All ports of entry, the riskiest first.

import { expectedText, few, flags, known, marksNote, monthsCard, rate } from "../border-parts.js";
import { card, headline, lede, note, unknown } from "../cards.js";
import { h } from "../dom.js";
import { count, day } from "../format.js";
import { named, t } from "../i18n.js";
import { link, to } from "../links.js";
import { severityMark } from "../marks.js";
import { Page } from "../page.js";
import { table } from "../table.js";

export default class PortsPage extends Page {
  get address() {
    return "/api/ports";
  }

  draw({ ports, from, upto, silent, months, marks }) {
    const n = (text) => ({ text, n: true });
    const columns = [t("border.port"), n(t("border.risk")), n(t("border.arrivals")), n(t("border.declarations")), n(t("border.ill")), n(t("border.positive")), n(t("border.waiting")), n(t("border.rate.ill")), t("border.alerts")];
    return [
      headline(t("border.ports")),
      lede(t("border.span", { from: day(from, { year: true }), upto: day(upto, { year: true }) })),
      card(t("border.ports.ranked"), null, table(t("border.ports.ranked"), columns, ports.map(row)), note(t("border.risk.note")),
        note(t("border.ill.note")), silent ? note(t("border.silent", { n: count(silent) })) : null, marksNote(marks)),
      monthsCard(months),
    ];
  }
}

const row = (port) => [
  [link("port", port.code, named(port)), h("small", null, `${port.code} · ${t(`border.kind.${port.kind}`)}`)],
  [port.risk === null ? unknown(t("border.risk.unknown")) : few(port.risk), port.lists?.expected ? h("small", null, t("border.lists", { expected: expectedText(port.lists) })) : null, flags(port.lists)],
  known(port.arrivals, t("border.arrivals.unknown")), count(port.declarations), count(port.ill), count(port.positive), count(port.waiting), rate(port.ill_rate, port.arrivals),
  port.alerts.length ? [severityMark(port.alerts[0].severity), " ", h("a", { href: to.alert(port.alerts[0].id) }, t("border.alerts.n", { n: port.alerts.length }))] : "–",
];
