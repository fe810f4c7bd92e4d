"""Every page by the rules of WCAG 2.2 AA, wide and narrow, light and dark, and never wider than its window."""

import json

import httpx
import pytest
from playwright.sync_api import Page, expect

from console import vendor
from tests.browser.conftest import OpenPage

#: Address of each page behind ``#/``; ``{alert}`` is the id of an open alert.
PAGES = {
    "list": "",
    "map": "map",
    "alert": "alert/{alert}",
    "overview": "overview",
    "area": "area/420000",
    "disease": "disease/covid19",
    "ports": "ports",
    "port": "port/CNPVG",
    "origin": "origin/IT",
    "lab": "lab/420100L01",
    "observations": "observations",
    "senders": "senders",
    "sender": "sender/420100001",
    "nowhere": "nothing/here",
}

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> str:
    found = page.evaluate(
        """async (standards) => (await axe.run({ runOnly: standards })).violations
        .map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html) }))""",
        STANDARDS,
    )
    return json.dumps(found, ensure_ascii=False, indent=1) if found else ""


@pytest.mark.parametrize("where", PAGES)
def test_axe_finds_nothing(open_page: OpenPage, console_url: str, where: str) -> None:
    alerts = httpx.get(f"{console_url}/api/alerts").json()["alerts"]
    path = PAGES[where].format(alert=next(a["id"] for a in alerts if a["area"]["code"] == "420100"))
    page = open_page(f"{console_url}/#/{path}")
    expect(page.locator("#view")).to_have_attribute("aria-busy", "false")
    if where == "alert":
        expect(page.locator("[data-part=explain] .verdict")).to_be_visible()
    page.evaluate((vendor.TARGET / "axe.js").read_text("utf-8"))
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for _ in ("light", "dark"):
            assert violations(page) == "", f"{width} px, {page.locator('html').get_attribute('data-theme')}"
            page.locator("#theme").click()
            expect(page.locator("#view")).to_have_attribute("aria-busy", "false")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0
