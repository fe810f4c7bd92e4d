"""The page as a duty officer uses it: reading, opening, searching, in two languages, by keyboard, on a phone."""

import re
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from console import vendor
from tests.browser.conftest import OpenPage

PHONE = {"width": 390, "height": 844}


def rows(page: Page) -> list[str]:
    expect(page.locator(".rows > li").first).to_be_visible()
    return page.locator(".rows > li").all_inner_texts()


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def open_wuhan(page: Page) -> None:
    page.locator(".rows a", has_text=re.compile("武汉市|Wuhan")).first.click()
    expect(page.locator("#view h2")).to_contain_text(re.compile("武汉市|Wuhan"))


def test_rows_say_it_in_chinese(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    alerts = httpx.get(f"{console_url}/api/alerts").json()["alerts"]
    expect(page.locator(".rows > li")).to_have_count(len(alerts))
    texts = rows(page)
    expect(page.locator(".inbox h2 b")).to_have_text(str(len(alerts)))
    plague = next(text for text in texts if "鼠疫" in text and "区县级" in text)
    for word in (
        "海拉尔区",
        "内蒙古自治区",
        "甲类",
        "特急",
        "出现 1 例即预警",
        "实际",
        "期望",
        "阈值",
        "≥ 1",
        "核实剩 2 小时",
    ):
        assert word in plague, word
    wuhan = next(text for text in texts if "武汉市" in text)
    assert "乙类甲管" in wuhan
    assert "无时钟" in wuhan


def test_rows_are_ranked_by_severity_then_confidence_then_newest(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    shown = [page.locator(f".rows > li:nth-child({i + 1})").get_attribute("data-id") for i in range(len(rows(page)))]
    alerts = {alert["id"]: alert for alert in httpx.get(f"{console_url}/api/alerts").json()["alerts"]}
    rank = ["critical", "high", "medium", "low"]
    chosen = [alerts[str(name)] for name in shown]
    keys = [(rank.index(a["severity"]), rank.index(a["confidence"]["level"]), -a["opened_at"]) for a in chosen]
    assert keys == sorted(keys)
    assert len({severity for severity, *_ in keys}) > 1
    assert len({confidence for _, confidence, _ in keys}) > 1
    words = {"high": "把握大", "medium": "把握中", "low": "把握小"}
    for at, alert in enumerate(chosen):
        assert words[alert["confidence"]["level"]] in page.locator(f".rows > li:nth-child({at + 1})").inner_text()


def test_english_by_the_browser_and_switched_in_place(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url, locale="en-US")
    expect(page.locator(".inbox h2")).to_contain_text("Open alerts")
    assert any("Wuhan" in text and "COVID-19" in text and "No clock" in text for text in rows(page))
    page.get_by_role("button", name="中文").click()
    expect(page.locator(".inbox h2")).to_contain_text("未结预警")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.locator(".inbox h2")).to_contain_text("未结预警")


def test_both_languages_have_the_same_words() -> None:
    folder = Path(vendor.HERE) / "static" / "js"
    words: dict[str, list[str]] = {"zh": [], "en": []}
    for file in (folder / "words").glob("*.js"):
        text = file.read_text("utf-8")
        if file.name == "index.js":
            continue
        assert f'"./{file.name}"' in (folder / "words" / "index.js").read_text("utf-8"), file.name
        zh, en = text.split("\n  en: {")
        for language, part in (("zh", zh), ("en", en)):
            words[language] += re.findall(r'^    "([^"]+)":', part, re.M)
    assert sorted(words["zh"]) == sorted(words["en"])
    assert len(set(words["zh"])) == len(words["zh"])
    used = set()
    for file in folder.rglob("*.js"):
        used |= set(re.findall(r'\bt\("([^"]+)"', file.read_text("utf-8")))
    assert used <= set(words["zh"])


def test_an_alert_shows_curve_methods_recount_history_and_origin(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    open_wuhan(page)
    detail = httpx.get(f"{console_url}/api/alerts/{page.url.rsplit('/', 1)[1]}").json()
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(page.locator("[data-part=explain] .verdict")).to_have_text("一致")
    expect(page.locator("[data-part=explain]")).to_contain_text(f"共 {sum(detail['alert']['baseline'])} 例")
    for method in ("EARS C1", "EARS C3", "CUSUM", "单例", "窗口计数", "W8 周基线"):
        expect(page.get_by_role("rowheader", name=method).first).to_be_visible()
    expect(page.locator(".revisions li").first).to_contain_text(str(detail["alert"]["revision"]))
    expect(page.locator(".provenance")).to_contain_text(detail["alert"]["marker_id"])
    expect(page.locator(".provenance")).to_contain_text(detail["alert"]["catalogue"])


def test_the_curve_as_a_table_says_what_the_server_said(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url, locale="en-GB")
    open_wuhan(page)
    curve = httpx.get(f"{console_url}/api/alerts/{page.url.rsplit('/', 1)[1]}").json()["curve"]
    page.get_by_role("button", name="W8 weekly baseline").click()
    curve_table = page.locator(".chart ~ details").first
    curve_table.locator("summary").click()
    table = curve_table.locator("table")
    expect(table.locator("tbody tr")).to_have_count(len(curve["counts"]))
    newest = table.locator("tbody tr").first.locator("td").all_inner_texts()
    assert newest[0] == f"{curve['counts'][-1]:,}"
    assert newest[1] == f"{sum(curve['counts'][-7:]):,}"
    assert newest[4] == ("Alarm" if curve["methods"]["w8"]["alarm"][-1] else "–")


def test_the_chart_is_drawn_with_bars_and_alarm_colour(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    open_wuhan(page)
    expect(page.locator(".chart canvas")).to_be_visible()
    # Enough pixels of the alarm's red on the canvas: the alarm days are really marked.
    page.wait_for_function(
        """() => { const canvas = document.querySelector(".chart canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let found = 0;
        for (let i = 0; i < data.length; i += 4)
          if ([163, 20, 42].every((want, channel) => Math.abs(data[i + channel] - want) < 4)) found += 1;
        return found > 500; }"""
    )


def test_search_level_and_closed_filters(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    everything = len(rows(page))
    page.keyboard.press("/")
    page.keyboard.type("武汉")
    expect(page.locator(".rows > li")).not_to_have_count(everything)
    expect(page.locator(".rows > li").filter(has_not_text="武汉")).to_have_count(0)
    assert rows(page)
    page.get_by_role("searchbox").fill("")
    page.get_by_label("层级").select_option("nation")
    expect(page.locator(".rows > li").filter(has_not_text="全国")).to_have_count(0)
    assert rows(page)
    page.get_by_label("层级").select_option("")
    page.get_by_label("状态").select_option("closed")
    expect(page.locator(".inbox .empty")).to_have_text("没有已结的预警。")


def test_the_keyboard_reaches_everything(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    first = rows(page)[0].split("\n")[0]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#view h2")).to_contain_text(first.split(" ")[0])
    page.keyboard.press("Escape")
    expect(page.locator("#view h2")).to_have_text("近 7 天报告病例")
    # From the top by Tab alone: skip link, theme, language, pages, search.
    page.reload()
    assert rows(page)
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent || document.activeElement.type"))
    assert "跳到预警列表" in reached
    assert "search" in reached


def test_map_points_and_table(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url)
    expect(page.locator(".map canvas")).to_be_visible()
    page.get_by_text("以表格查看").click()
    first = page.locator("#view tbody tr").first
    expect(first).to_contain_text("武汉市")
    page.get_by_label("点", exact=True).select_option("county")
    expect(first).to_contain_text("武昌区")
    page.get_by_role("button", name="放大").click()
    page.get_by_label("点", exact=True).select_option("city")
    expect(first).to_contain_text("武汉市")
    first.get_by_role("link").click()
    expect(page.locator("#view h2")).to_contain_text("武汉市")


def test_a_phone_shows_one_part_at_a_time_and_never_scrolls_sideways(open_page: OpenPage, console_url: str) -> None:
    page = open_page(console_url, **PHONE)
    assert rows(page)
    expect(page.locator(".map")).to_be_hidden()
    page.get_by_role("link", name="地图").click()
    expect(page.locator(".map canvas")).to_be_visible()
    expect(page.locator(".rows")).to_be_hidden()
    page.get_by_role("link", name="预警", exact=True).click()
    open_wuhan(page)
    expect(page.locator("[data-part=explain] .verdict")).to_be_visible()
    assert sideways(page) <= 0
    page.get_by_role("link", name="← 全部预警").click()
    expect(page.locator(".back")).to_be_hidden()
    expect(page.locator(".rows")).to_be_visible()
    assert sideways(page) <= 0


def test_without_the_chart_library_every_number_is_still_there(
    open_page: OpenPage, console_url: str, errors: list[str]
) -> None:
    page = open_page("about:blank")
    page.route("**/vendor/*", lambda route: route.abort())
    page.goto(console_url)
    assert rows(page)
    expect(page.locator(".map")).to_contain_text("图表库未安装")
    open_wuhan(page)
    page.locator(".chart ~ details summary").first.click()
    expect(page.locator(".chart ~ details tbody tr").first).to_be_visible()
    errors[:] = [error for error in errors if "ERR_FAILED" not in error]
