// An address that no page answers to.

import { h } from "../dom.js";
import { t } from "../i18n.js";

export default class Nowhere {
  constructor(root) {
    this.root = root;
  }

  open() {
    this.root.replaceChildren(h("a", { class: "back", href: "#/" }, t("alert.back")), h("p", { class: "refused" }, t("page.missing")));
  }

  refresh() {}

  close() {}
}
