"""A real browser, and what every page that it opens is held to: nothing in the console, no request
to any other place than the page's own.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NEEDED = "NEED_BROWSER"
"""The variable that turns a skip into a failure: `.ci/run` sets it."""
SLOW = 10_000


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        words = "no Chromium here: make chromium installs it on Debian, as root"
        if os.environ.get(NEEDED):
            pytest.fail(words)
        pytest.skip(words)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow to import

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went on in a browser's pages."""

    said: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def assert_clean(self, hosts: set[str]) -> None:
        assert self.said == []
        assert {urlsplit(one).scheme for one in self.addresses} <= {"http", "file", "data"}
        assert {urlsplit(one).hostname for one in self.addresses} <= hosts


@pytest.fixture
def open_page(browser):
    """Open pages: `open_page(url, color_scheme="dark", ...)`; all are held to be clean."""
    contexts, watched = [], Watched()

    def open_page(url: str | None = None, *, width: int = 1200, **options: Any):
        options = {"viewport": {"width": width, "height": 900}, **options}
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.on("console", lambda message: watched.said.append(message.text))
        page.on("pageerror", lambda error: watched.said.append(str(error)))
        page.on("request", lambda request: watched.addresses.append(request.url))
        if url:
            page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    watched.assert_clean({"127.0.0.1", None})


@pytest.fixture
def no_fault():
    """Hold a page to axe-core's rules, as far as it calls a breach of them serious."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - reads a large script

    axe = Axe()

    def no_fault(page) -> None:
        found = axe.run(page).response["violations"]
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]][:3])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []

    return no_fault


@pytest.fixture
def unmoved():
    """Hold a page to not being loaded again meanwhile."""

    @contextmanager
    def unmoved(page):
        page.evaluate("window.unmoved = true")
        yield
        assert page.evaluate("window.unmoved === true")

    return unmoved
