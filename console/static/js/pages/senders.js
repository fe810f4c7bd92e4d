// All senders: those that fell silent first, then those whose records are rejected.

import { card, facts, headline, lede, note } from "../cards.js";
import { h } from "../dom.js";
import { age, count, day } from "../format.js";
import { t } from "../i18n.js";
import { link } from "../links.js";
import { Page } from "../page.js";
import { bars, habit, share } from "../sender-parts.js";
import { table } from "../table.js";

const n = (text) => ({ text, n: true });
const PAUSE = 250;

export default class SendersPage extends Page {
  wanted = "";

  get address() {
    return `/api/senders?q=${encodeURIComponent(this.wanted)}`;
  }

  close() {
    clearTimeout(this.typing);
    super.close();
  }

  draw({ senders, from, upto, total, states, unread, seen_days: seen }) {
    const columns = [t("sender.sender"), t("sender.habit"), n(t("sender.records")), n(t("sender.rejected")), n(t("sender.share")), t("sender.last"), t("sender.daily")];
    return [
      headline(t("sender.title")),
      lede(t("sender.span", { from: day(from, { year: true }), upto: day(upto, { year: true }) })),
      facts([t("sender.total"), count(total)], [t("sender.silent"), count(states.silent)], [t("sender.less"), count(states.less)],
        unread ? [t("sender.unread"), count(unread), t("sender.unread.why")] : null),
      card(t("sender.title"), this.#search(),
        senders.length ? table(t("sender.title"), columns, senders.flatMap((one) => one.sources.map((source) => this.#row(one, source, upto)))) : h("p", { class: "no" }, t("sender.none", { n: seen })),
        senders.length < total ? note(t("sender.cut", { n: count(senders.length) })) : null,
        note(t("sender.habit.note"))),
    ];
  }

  #row(one, source, upto) {
    return [
      [link("sender", one.sender, one.sender), h("small", null, t(`sender.topic.${source.topic}`))],
      habit(source.habit, upto), count(source.records), count(source.rejected), share(source.records ? source.rejected / source.records : null, t("sender.timely.none")),
      h("span", { class: "whole" }, t("sender.ago", { age: age(this.context.now() - source.last, { coarse: true }) })), bars(source.daily),
    ];
  }

  #search() {
    return h("input", { id: "sender-search", type: "search", class: "choice", value: this.wanted, placeholder: t("sender.search"), "aria-label": t("sender.search"), autocomplete: "off", spellcheck: "false",
      oninput: (event) => {
        this.wanted = event.target.value.trim();
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.refresh(), PAUSE);
      } });
  }
}
