"""Our pages as one comes to them from Airflow's own, in a real browser: sources open beside, on a phone too."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page

from airflow_local.setup import airflow_environment, clean_environment
from tests.browsers import launched_browser
from tests.plugins.conftest import TwoPlays
from tests.plugins.running_airflow import until
from tests.typed import clean_environment as without_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

DAY = "2026-03-02"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched_browser() as browser:
        yield browser


@dataclass(frozen=True)
class Served:
    """Airflow's own web server on what `make run` left."""

    address: str
    password: str


@pytest.fixture(scope="module")
def served(two_plays: TwoPlays, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    home = folder / "home"
    shutil.copytree(two_plays.home, home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **clean_environment(without_settings(warehouse=str(two_plays.root))),
        **airflow_environment(project, home, port=port),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "api-server"], cwd=project, env=environment, stdout=log, stderr=log
        )
    try:
        until("Airflow answers", lambda: _is_open(port) or process.poll() is not None, 120)
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        yield Served(f"http://127.0.0.1:{port}", json.loads((home / "password.json").read_text())["admin"])
    finally:
        process.terminate()
        process.wait(30)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def logged_in(browser: Browser, served: Served, **options: Any) -> tuple[BrowserContext, Page]:
    """A browser that is logged in; the world beyond this machine answers as news sites do, and lets nobody frame it."""
    context = browser.new_context(**options)
    context.route(
        lambda url: not url.startswith(served.address),
        lambda route: route.fulfill(
            status=200, headers={"X-Frame-Options": "DENY", "Content-Type": "text/html"}, body="<h1>The source</h1>"
        ),
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{served.address}/auth/login")
    page.fill('input[name="username"]', "admin")
    page.fill('input[name="password"]', served.password)
    page.click('button[type="submit"]')
    page.wait_for_url(lambda url: "/auth/" not in url)
    return context, page


def open_a_source(context: BrowserContext, digest: Page | FrameLocator) -> str:
    """Open the first line's first source as a reader does, in a window of its own; its address."""
    digest.locator(".lines summary").first.click()
    link = digest.locator(".sources a[href^=http]").first
    address = link.get_attribute("href")
    with context.expect_page() as opened:
        link.click()
    opened.value.wait_for_load_state()
    assert opened.value.url == address
    assert opened.value.locator("h1").inner_text() == "The source"
    assert opened.value.evaluate("window.opener") is None
    return str(address)


def test_from_the_navigation_to_a_source(browser: Browser, served: Served) -> None:
    context, page = logged_in(browser, served)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.get_by_role("link", name="Digests").click()
    digests = page.frame_locator('iframe[title="Digests"]')
    digests.get_by_role("link", name="2 March 2026").click()
    assert open_a_source(context, digests).startswith("http://")
    assert digests.locator("h1").inner_text() == "Monday, 2 March 2026", "the digest stays where it is"
    digests.get_by_role("link", name="All digests").click()
    digests.get_by_role("link", name="2 March 2026").wait_for()
    assert page.url == f"{served.address}/plugin/digests"
    assert troubles == []
    context.close()


@pytest.mark.drill
def test_from_the_task_that_published_it(browser: Browser, served: Served) -> None:
    """The link was kept when `make run` played, under another port than Airflow has here."""
    context, page = logged_in(browser, served)
    runs = page.request.get(f"{served.address}/api/v2/dags/news_digest/dagRuns").json()["dag_runs"]
    page.goto(f"{served.address}/dags/news_digest/runs/{runs[-1]['dag_run_id']}/tasks/publish/details")
    page.get_by_role("link", name="Open the digest").click()
    page.wait_for_url(f"{served.address}/daybook/digests/{DAY}")
    open_a_source(context, page)
    assert page.url == f"{served.address}/daybook/digests/{DAY}"
    context.close()


@pytest.mark.drill
def test_from_home_to_the_fate_of_an_article(browser: Browser, served: Served) -> None:
    """The panel says how it stands; a word finds an article, and its whole way is told."""
    context, page = logged_in(browser, served)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    panel = page.frame_locator('iframe[title="Newsroom today"]')
    assert panel.locator("h1").inner_text().endswith("The newsroom is degraded")
    panel.get_by_role("link", name="Newsroom health").click()
    page.wait_for_url(f"{served.address}/plugin/newsroom-health")
    health = page.frame_locator('iframe[title="Newsroom"]')
    assert "gullgazette" in health.locator("#sources ~ table tbody tr").first.inner_text()
    health.get_by_role("link", name="Search").click()
    health.get_by_role("searchbox").fill("ferry")
    health.get_by_role("button", name="Search").click()
    health.locator('a[href^="articles/"]').first.click()
    health.get_by_role("heading", name="Versions").wait_for()
    assert "ferry" in health.locator("h1").inner_text().lower()
    assert troubles == []
    context.close()


@pytest.mark.drill
def test_the_pages_are_as_dark_as_airflow_is_set(browser: Browser, served: Served) -> None:
    context, page = logged_in(browser, served, color_scheme="dark")
    page.evaluate("localStorage.setItem('theme', 'light')")
    page.goto(f"{served.address}/plugin/newsroom-health")
    heading = page.frame_locator('iframe[title="Newsroom"]').locator("h1")
    heading.wait_for()
    assert heading.evaluate("document.documentElement.style.colorScheme") == "light"
    context.close()


@pytest.mark.drill
def test_a_run_has_its_books_in_a_tab(browser: Browser, served: Served) -> None:
    context, page = logged_in(browser, served)
    runs = page.request.get(f"{served.address}/api/v2/dags/news_ingest/dagRuns").json()["dag_runs"]
    page.goto(f"{served.address}/dags/news_ingest/runs/{runs[-1]['dag_run_id']}")
    page.get_by_role("link", name="News", exact=True).click()
    books = page.frame_locator('iframe[title="News"]').locator("table.books")
    assert "load_articles" in books.inner_text()
    context.close()


@pytest.mark.drill
@pytest.mark.parametrize("path", ["/daybook/", f"/daybook/digests/{DAY}", "/daybook/health", "/daybook/search?q=ferry"])
def test_nothing_is_cut_off_on_a_phone(browser: Browser, served: Served, path: str) -> None:
    context, page = logged_in(
        browser, served, viewport={"width": 360, "height": 740}, is_mobile=True, device_scale_factor=2
    )
    page.goto(f"{served.address}{path}")
    assert page.evaluate("document.documentElement.clientWidth") == 360
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    context.close()
