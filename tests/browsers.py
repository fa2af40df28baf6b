"""Chromium without a window, for the tests that look at pages as people do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright


@contextmanager
def launched_browser() -> Iterator[Browser]:
    """A browser until the block ends; where none is installed, the test is skipped with that reason."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
            )
        except Error:
            pytest.skip("no Chromium is installed; `playwright install chromium` brings one")
        yield browser
        browser.close()
