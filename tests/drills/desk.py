"""An operator's desk for drills: a browser that is logged in to a real Airflow, its forms and our pages, and pictures of them."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page

from airflow_local.setup import airflow_environment, clean_environment
from airflow_local.supervisor import free_port
from pipeline.settings import PROJECT
from tests.drills.deployment import Deployed
from tests.plugins.running_airflow import DONE, RunningAirflow, until
from tests.typed import clean_environment as without_settings

# A person reads before answering. What is answered before the scheduler (3.3.2) has heard that the task asked is lost, and asked for again.
READING_SECONDS = 10


class Desk:
    """A browser that is logged in, the Airflow behind it, and where pictures go."""

    def __init__(
        self, up: RunningAirflow, browser: Browser, shots: Path, address: str, who: str, password: str
    ) -> None:
        self.up, self.browser, self.shots, self.address = up, browser, shots, address
        self.page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        self.page.set_default_timeout(60_000)
        self.page.goto(f"{address}/auth/login")
        self.page.fill('input[name="username"]', who)
        self.page.fill('input[name="password"]', password)
        self.page.click('[type="submit"]')
        self.page.wait_for_url(lambda url: "/auth/" not in url)

    def picture(self, name: str) -> None:
        """Keep what is seen."""
        self.page.screenshot(path=self.shots / f"{name}.png")

    def open(self, path: str) -> Page:
        """Open a page of Airflow."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def frame(self, title: str) -> FrameLocator:
        """One of our pages within it."""
        return self.page.frame_locator(f'iframe[title="{title}"]')

    def trigger(self, dag_id: str, name: str, **fields: str) -> dict[str, Any]:
        """Fill in a DAG's form and start it; the run, once it has ended or waits for a person."""
        known = self._by_hand(dag_id)
        page = self.open(f"/dags/{dag_id}")
        page.get_by_test_id("trigger-dag-button").click()
        form = page.get_by_role("dialog")
        for field, value in fields.items():
            form.locator(f'[name="element_{field}"]').fill(value)
        self.picture(name)
        form.get_by_test_id("trigger-dag-submit").click()
        (run_id,) = until("the run is there", lambda: self._by_hand(dag_id) - known)
        return self.ended(dag_id, run_id)

    def _by_hand(self, dag_id: str) -> set[str]:
        """The runs that somebody started; a DAG that is switched on may start one by itself."""
        return {run["dag_run_id"] for run in self.up.runs(dag_id, run_type="manual")}

    def ended(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """A run, once it has ended or waits for a person."""

        def found() -> dict[str, Any] | None:
            waits = "awaiting_input" in self.up.states(dag_id, run_id).values()
            run: dict[str, Any] = next(run for run in self.up.runs(dag_id) if run["dag_run_id"] == run_id)
            return run if waits or run["state"] in DONE else None

        run: dict[str, Any] = until(f"{dag_id} is done", found)
        return run

    def state(self, name: str) -> str:
        """What the home page's panel says, within seconds."""
        self.open("/")
        heading = self.frame("Newsroom today").locator("h1")
        heading.wait_for()
        self.page.wait_for_timeout(500)
        self.picture(name)
        return heading.inner_text()

    def answer(
        self, run_id: str, choice: str, name: str, *, why: str, group: str = "", key: str = ""
    ) -> dict[str, Any]:
        """Answer the open question as a person does; the run, once it has ended."""
        page = self.open("/required_actions?response_received=false")
        page.get_by_role("link", name="What becomes of the pages that are held?").first.click()
        if group:
            page.locator("#element_groups input").first.fill(group)
            page.keyboard.press("Enter")
        if key:
            page.locator('[name="element_pages"]').fill(key)
        button = page.get_by_role("button", name=choice, exact=True)
        button.wait_for()
        assert button.is_disabled(), "no reason was given yet"
        page.locator('[name="element_why"]').fill(why)
        button.scroll_into_view_if_needed()
        self.picture(name)
        page.wait_for_timeout(READING_SECONDS * 1000)
        button.click()
        until("it was answered", lambda: "awaiting_input" not in self.up.states("news_review", run_id).values())
        return self.ended("news_review", run_id)


def answer_of(
    address: str, path: str, body: object = None, *, token: str = "", method: str | None = None
) -> tuple[int, Any]:
    """The status and the body of an answer, whatever it is; JSON as what it says."""
    request = urllib.request.Request(
        address + path,
        data=None if body is None else json.dumps(body).encode(),
        method=method or ("GET" if body is None else "POST"),
        headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, text, kind = answer.status, answer.read().decode(), answer.headers.get_content_type()
    except urllib.error.HTTPError as error:
        status, text, kind = error.code, error.read().decode(), error.headers.get_content_type()
    return status, json.loads(text) if kind == "application/json" and text else text


@contextmanager
def web_server(up: RunningAirflow, who: str, role: str, password: str, sources: Path) -> Iterator[str]:
    """A second web server on the same Airflow, with a user of a role and another sources file; its address.

    Args:
        role: As FAB names it; the simple auth manager has the same in small letters.
    """
    port = free_port()
    if isinstance(up, Deployed):
        up.add_user(who, role, password)
        python, environment = str(up.python), dict(up.environment)
    else:
        file = up.home / "other-passwords.json"
        file.write_text(json.dumps({who: password}))
        python, environment = sys.executable, {
            **clean_environment(without_settings(warehouse=str(up.root))),
            **airflow_environment(PROJECT, up.home),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{who}:{role.lower()}",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
        }  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    environment |= {
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "DAYBOOK_SOURCES": str(sources),
    }
    with (up.home / "other-server.log").open("w") as log:
        process = subprocess.Popen(
            [python, "-m", "airflow", "api-server"], cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
    try:
        until("the other server answers", lambda: _is_up(address))
        yield address
    finally:
        process.kill()  # it holds nothing that is to be kept
        process.wait(60)


def _is_up(address: str) -> bool:
    try:
        return answer_of(address, "/api/v2/version")[0] == 200
    except OSError:
        return False
