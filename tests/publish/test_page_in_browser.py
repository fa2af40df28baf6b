"""The published page in a real browser: nothing runs, nothing overflows, every line opens onto its sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from pipeline.publish.document import DigestRows, make_document
from pipeline.publish.render import render_files
from tests.browsers import launched_browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with launched_browser() as browser:
        yield browser.new_page()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_reads_well_at_any_width(
    browser_page: Page, invented_rows: DigestRows, tmp_path: Path, width: int
) -> None:
    for name, data in render_files(make_document(invented_rows)).items():
        (tmp_path / name).write_bytes(data)
    troubles: list[str] = []
    browser_page.on("console", lambda message: troubles.append(message.text))
    browser_page.on("pageerror", lambda error: troubles.append(str(error)))
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.goto((tmp_path / "digest.html").as_uri())
    first = browser_page.locator(".lines details").first
    assert not first.locator("blockquote").first.is_visible()
    first.locator("summary").focus()
    browser_page.keyboard.press("Enter")
    assert first.locator("mark").first.is_visible()
    assert first.locator("mark").first.inner_text() == first.locator(".text").inner_text()
    assert browser_page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert browser_page.title() == "Daybook, Wednesday, 4 March 2026"
    assert troubles == []
