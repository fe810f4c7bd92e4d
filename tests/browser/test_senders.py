"""The pages of senders: from the list to one, found by its code, with the numbers that the server says."""

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage


def test_from_the_list_to_a_sender(open_page: OpenPage, errors: list[str], console_url: str) -> None:
    page = open_page(f"{console_url}/#/senders", locale="en-GB")
    said = httpx.get(f"{console_url}/api/senders/420100001").json()
    (source,) = said["sources"]
    page.get_by_label("Find a sender's code").fill("4299")
    expect(page.locator("#view .card .no")).to_contain_text("none of that code")
    page.get_by_label("Find a sender's code").fill("4201")
    expect(page.locator("#view tbody tr")).to_have_count(1)
    expect(page.get_by_label("Find a sender's code")).to_be_focused()
    page.get_by_role("link", name="420100001").click()
    expect(page.locator("#view h2")).to_have_text("420100001")
    expect(page.get_by_role("link", name="Senders", exact=True)).to_have_attribute("aria-current", "true")
    expect(page.locator(".chart canvas")).to_be_visible()
    numbers = page.locator("#view .card").first.locator("tbody td.n").all_inner_texts()
    assert numbers[:2] == [f"{source['records']:,}", f"{source['accepted']:,}"]
    page.get_by_text("View as a table").click()
    newest = page.locator(".chart ~ details tbody tr").first.locator("td").all_inner_texts()
    assert newest[1] == f"{source['daily']['accepted'][-1]:,}"
    # Published counts hold no moment of diagnosis: that is said, and no share is made of nothing.
    legal = page.locator("#view .card", has_text="From entry to arrival").first
    expect(legal).to_contain_text("cannot be told")
    expect(legal).to_contain_text("expanded from published counts")
    page.goto(f"{console_url}/#/sender/nobody")
    expect(page.locator("#view .refused")).to_contain_text("No record of the sender nobody")
    errors[:] = [error for error in errors if "404" not in error]
