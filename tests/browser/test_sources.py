"""Ports, laboratories and observations as somebody goes through them, in both languages and on a phone."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage


def shown(page: Page, name: str) -> list[str]:
    """Return the first row of a table, cell by cell."""
    table = page.get_by_role("region", name=name, exact=True).locator("table").first
    return table.locator("tbody tr").first.locator("th, td").all_inner_texts()


def test_from_the_ports_to_a_port_and_its_origin(open_page: OpenPage, console_url: str) -> None:
    said = httpx.get(f"{console_url}/api/ports").json()["ports"][0]
    page = open_page(f"{console_url}/#/ports", locale="en-GB")
    expect(page.locator("#view h2")).to_have_text("Ports of entry")
    row = shown(page, "Ports by risk")
    assert row[0].startswith("Shanghai Pudong Airport")
    assert row[2:7] == [f"{said[name]:,}" for name in ("arrivals", "declarations", "ill", "positive", "waiting")]
    expect(page.get_by_role("link", name="Ports", exact=True)).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Shanghai Pudong Airport").click()
    expect(page.locator("#view h2")).to_contain_text("Shanghai Pudong Airport")
    expect(page.locator(".chart canvas")).to_have_count(2)
    assert shown(page, "Waiting for a result")[4] == "Fever, Cough"
    # The last week's imports are far above what the weeks before made one expect.
    expect(page.get_by_text("Far above expected").first).to_be_visible()
    page.get_by_role("link", name="Italy").first.click()
    expect(page.locator("#view h2")).to_contain_text("Italy")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#view h2")).to_contain_text("意大利")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_laboratory_counts_patients_and_finds_cards(open_page: OpenPage, console_url: str) -> None:
    page = open_page(f"{console_url}/#/labs")
    page.get_by_role("link", name="420100L01").click()
    expect(page.locator("#view h2")).to_have_text("420100L01")
    said = httpx.get(f"{console_url}/api/labs/420100L01").json()
    assert shown(page, "各病原体")[:4] == ["新型冠状病毒", *(
        f"{said['pathogens'][0][name]:,}" for name in ("results", "tests", "positives")
    )]  # fmt: skip
    assert said["links"]["named"] == said["links"]["found"] + said["links"]["lost"] > 0
    expect(page.locator(".facts dd").nth(2)).to_contain_text("8 小时")
    expect(page.get_by_role("region", name="亚型与聚集型别")).to_contain_text("B.1")


def test_the_reconciliation_of_a_chosen_day_and_place(open_page: OpenPage, console_url: str) -> None:
    page = open_page(f"{console_url}/#/observations", locale="en-GB")
    expect(page.locator("#day")).to_have_value("2020-01-30")
    page.locator("#day").fill("2020-01-20")
    said = httpx.get(f"{console_url}/api/reconciliation?day=2020-01-20").json()["rows"][0]
    name = "Differences by province"
    expect(page.get_by_role("region", name=name).locator("tbody tr").first).to_contain_text(f"{said['published']:,}")
    assert shown(page, name) == [
        "China", f"{said['published']:,}", "–", f"{said['reported']:,}", f"{said['difference']:,}",
    ]  # fmt: skip
    page.locator("#area").select_option("420000")
    expect(page.get_by_role("heading", name=re.compile("Hubei"))).to_be_visible()
    # What was chosen stays chosen when the page is drawn anew.
    expect(page.locator("#day")).to_have_value("2020-01-20")
    page.get_by_role("link", name="Arrivals").click()
    expect(page.locator("#view h2")).to_have_text("Arrivals")
    expect(page.get_by_role("link", name="Shanghai Pudong Airport")).to_be_visible()
