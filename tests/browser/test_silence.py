"""Silence must not look like health: what the page says when updates stop, and that it comes back by itself."""

import dataclasses
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Page, expect

from console.config import ConsoleConfig
from tests.browser.conftest import OpenPage
from tests.console.conftest import reader_of, writer_of
from tests.console.cut_line import CutLine
from tests.console.world import World, report
from tocsin.ports import free_ports

Serve = Callable[[ConsoleConfig], AbstractContextManager[str]]


def expect_stale(page: Page) -> None:
    expect(page.locator("body.stale")).to_have_count(1)


def expect_fresh(page: Page) -> None:
    expect(page.locator("body.stale")).to_have_count(0)


def test_a_server_that_stops_is_shouted_and_its_return_is_noticed(
    open_page: OpenPage, errors: list[str], front: Any, world: World, serve: Serve
) -> None:
    (port,) = free_ports(1)
    config = ConsoleConfig(port=port, clickhouse=reader_of(front, world.address.database), replay=True)
    with serve(config) as url:
        page = open_page(url)
        expect(page.locator(".rows > li").first).to_be_visible()
        expect(page.locator("[data-stage=page]")).to_have_attribute("data-state", "caught_up")
        expect(page.locator("#outage")).to_be_hidden()
    expect(page.locator("#outage")).to_contain_text("更新已中断")
    expect(page.locator("#outage")).to_contain_text("以下内容截至")
    expect(page.locator("[data-stage=page]")).to_have_attribute("data-state", "stalled")
    # Health that was told before the silence is no longer shown as health.
    expect(page.locator("[data-stage=intake]")).to_have_attribute("data-state", "unknown")
    expect_stale(page)
    expect(page).to_have_title(re.compile("^【更新中断】"))
    # What was read before stays readable.
    expect(page.locator(".rows > li").first).to_be_visible()
    with serve(config):
        expect(page.locator("#outage")).to_be_hidden(timeout=25_000)
        expect(page.locator("[data-stage=page]")).to_have_attribute("data-state", "caught_up")
        expect_fresh(page)
    # A server that has just come back may not have read the database yet; the page keeps its banner up till then.
    errors[:] = [error for error in errors if "503" not in error and "ERR_" not in error]


def test_a_line_that_hangs_open_without_a_word_is_an_outage_too(open_page: OpenPage, console_url: str) -> None:
    """Connections that never close and never speak: the browser itself notices nothing."""
    line = CutLine("127.0.0.1", int(console_url.rsplit(":", 1)[1]))
    page = open_page(f"http://127.0.0.1:{line.port}")
    expect(page.locator(".rows > li").first).to_be_visible()
    line.freeze()
    expect(page.locator("#outage")).to_contain_text("更新已中断")
    expect_stale(page)
    line.mend()
    expect(page.locator("#outage")).to_be_hidden(timeout=25_000)
    page.context.close()
    line.close()


def test_a_database_that_does_not_answer_is_shouted(
    open_page: OpenPage, errors: list[str], front: Any, world: World, serve: Serve
) -> None:
    line = CutLine(front.host, front.port)
    through = dataclasses.replace(reader_of(front, world.address.database), port=line.port)
    with serve(ConsoleConfig(port=0, clickhouse=through, replay=True)) as url:
        page = open_page(url)
        expect(page.locator(".rows > li").first).to_be_visible()
        line.cut()
        expect(page.locator("#outage")).to_contain_text("数据库")
        expect_stale(page)
        line.mend()
        expect(page.locator("#outage")).to_be_hidden()
        expect_fresh(page)
    line.close()
    errors[:] = [error for error in errors if "503" not in error and "ERR_" not in error]


def test_a_new_alert_appears_by_itself_and_is_announced(
    open_page: OpenPage, errors: list[str], front: Any, catalogue: Any, serve: Serve
) -> None:
    made = World(writer_of(front, "console_browser"), catalogue)
    made.take([report("M0", "2020-01-30 08:00", disease="measles", residence_area="530102")], "2020-01-30 09:00")
    with serve(ConsoleConfig(port=0, clickhouse=reader_of(front, "console_browser"), replay=True)) as url:
        page = open_page(url)
        expect(page.locator(".rows > li")).to_have_count(1)
        page.locator(".rows a").focus()
        made.take([report("P0", "2020-01-30 10:00", disease="plague", residence_area="440106")], "2020-01-30 10:05")
        expect(page.locator(".rows > li").first).to_contain_text("鼠疫")
        expect(page.locator("#announcer")).to_contain_text("鼠疫")
        expect(page.locator("#clock")).to_contain_text("10:05")
        # The reader's place is kept: focus stays on the row that it was on.
        expect(page.locator(".rows a:focus")).to_contain_text("麻疹")
    made.database.close()
    errors[:] = [error for error in errors if "ERR_" not in error]
