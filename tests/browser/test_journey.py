"""The pages of the nation, of an area and of a disease, reached from each other as a reader goes."""

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage


def test_from_the_nation_to_an_area_to_a_disease_to_an_alert(
    open_page: OpenPage, errors: list[str], console_url: str
) -> None:
    page = open_page(console_url, locale="en-GB")
    nation = httpx.get(f"{console_url}/api/nation").json()
    page.get_by_role("link", name="Nation", exact=True).click()
    expect(page.locator("#view h2")).to_have_text("The nation at a glance")
    expect(page.locator("#inbox")).to_be_hidden()
    covid = page.get_by_role("row", name="COVID-19").first
    assert covid.locator("td").first.inner_text() == f"{nation['diseases'][0]['week']:,}"
    page.get_by_label("Disease", exact=True).select_option("measles")
    expect(page.locator(".two .card").nth(1).locator("tbody tr").first).to_contain_text("Yunnan")
    page.get_by_role("link", name="Hubei").click()
    expect(page.locator("#view h2")).to_have_text("Hubei")
    expect(page.get_by_role("link", name="Nation", exact=True)).to_have_attribute("aria-current", "true")
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(page.locator(".card").first.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="COVID-19", exact=True).click()
    expect(page.locator("#view h2")).to_have_text("COVID-19")
    expect(page.locator(".rule-of").first).to_contain_text("W8 weekly baseline")
    page.get_by_label("Area", exact=True).select_option("420000")
    page.get_by_text("View as a table").first.click()
    disease = httpx.get(f"{console_url}/api/diseases/covid19").json()
    newest = page.locator(".chart ~ details tbody tr").first.locator("td").inner_text()
    assert newest == f"{disease['curves']['420000'][-1]:,}"
    page.get_by_role("link", name="Wuhan").first.click()
    expect(page.locator(".brief")).to_contain_text("High confidence")
    expect(page.locator(".brief .borne-out")).to_contain_text("The line list bears it out")
    expect(page.locator("#inbox")).to_be_visible()
    page.locator(".revisions summary").first.click()
    expect(page.locator(".diff[open] ins").first).to_be_visible()
    page.goto(f"{console_url}/#/area/999999")
    expect(page.locator("#view .refused")).to_be_visible()
    errors[:] = [error for error in errors if "404" not in error]


INBOX = """async ([alert, events]) => {
  const { Inbox } = await import("/static/js/inbox.js");
  const root = document.createElement("section");
  document.body.append(root);
  const inbox = new Inbox(root, { onState() {} });
  inbox.frame();
  const told = [["a", "case-reports", "high"], ["b", "lab-results", "high"], ["c", "entry-declarations", "low"]];
  const alerts = new Map(told.map(([id, source, level]) =>
    [id, { ...alert, id, source, confidence: { level, points: 0, grounds: [] } }]));
  inbox.draw({ alerts, events, now: alert.opened_at, current: null });
  const badges = (row) => [...row.querySelectorAll(".source")].map((one) => one.textContent);
  return [...root.querySelectorAll(".rows > li")].map((row) => [row.dataset.id, ...badges(row)]);
}"""


def test_an_event_is_one_row_with_a_badge_for_each_source(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url, locale="en-GB")
    alert = httpx.get(f"{console_url}/api/alerts").json()["alerts"][0]
    assert page.evaluate(INBOX, [alert, []]) == [["a"], ["b", "Laboratory"], ["c", "Port"]]
    assert page.evaluate(INBOX, [alert, [["b", "c"]]]) == [["a"], ["b", "Laboratory", "Port"]]
    assert page.evaluate(INBOX, [alert, [["a", "b", "c"]]]) == [["a", "Clinic", "Laboratory", "Port"]]
