"""A real Chromium on the real page, over the real engine."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from console import vendor
from tests.console.conftest import catalogue, console_url, serve, world  # noqa: F401  (fixtures)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OpenPage = Callable[..., Page]

# The page itself waits some seconds before it calls a silence an outage; two busy cores add theirs.
expect.set_options(timeout=15_000)


def system_chromium() -> str | None:
    """Path of a Chromium of the system, or None: Playwright then takes the one that it downloaded."""
    named = os.environ.get("TOCSIN_CHROMIUM")
    if named:
        return named
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(scope="session")
def libraries() -> None:
    """The page's libraries and the accessibility engine, installed by the lock file if they are not there."""
    vendor.fetch(testing=True)


@pytest.fixture(scope="session")
def browser(libraries: None) -> Iterator[Browser]:
    """One browser a run."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=system_chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def errors() -> list[str]:
    """What the page logged as an error; a test that expects some empties it."""
    return []


@pytest.fixture
def open_page(browser: Browser, errors: list[str]) -> Iterator[OpenPage]:
    """Open an address in a fresh profile; the test fails if the page throws or logs an error."""
    contexts = []

    def opened(url: str, *, locale: str = "zh-CN", width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        options: dict[str, Any] = {"viewport": {"width": width, "height": height}}
        scheme: Any = "dark" if dark else "light"
        context = browser.new_context(locale=locale, color_scheme=scheme, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
