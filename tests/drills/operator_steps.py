"""What an operator does in the browser, step by step, against a real Airflow: with no terminal.

`python -m tests.drills.operator_steps [--shots FOLDER] [--fab]` starts `make up` on an empty warehouse beside the sample newsroom, under a
strict set gate, and then works with pages alone: backfills three days from a form, tells how the newsroom does, looks up what became of
five URLs, passes a gate, releases a page, reopens a day, and sees a broken newsroom. A Viewer changes nothing, and a stranger sees
nothing. Each step is told with its seconds and leaves a picture. With `--fab` it does the same on what docker-compose.yml
describes, where FAB's User reads the digests besides. What is not installed is named, and that is the end.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from playwright.sync_api import sync_playwright

from pipeline.crawl.sources_file import switch_source
from pipeline.settings import PROJECT
from tests.drills.deployment import Deployed, Skipped, deployed, deployment_python
from tests.drills.desk import Desk, answer_of, web_server
from tests.plugins.pages_asked import PATHS
from tests.plugins.running_airflow import RunningAirflow, started

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FIRST, LAST, HELD = "2026-03-02", "2026-03-04", "2026-03-05"
# A twentieth of a source refused trips its gate, where four of its pages came.
STRICT = {"DAYBOOK_SET_GATE_MIN_ROWS": "4", "DAYBOOK_SET_GATE_MAX_REFUSED": "0.05"}
WHY = "looked at page by page"
FATES = 5


def three_days_are_backfilled(desk: Desk) -> None:
    run = desk.trigger("news_days", "backfill-form", first_day=FIRST, last_day=LAST)
    assert run["state"] == "success", run
    assert {str(day) for day in desk.up.warehouse.latest().closed_days} == {FIRST, "2026-03-03", LAST}
    desk.open(f"/dags/news_days/runs/{run['dag_run_id']}")
    desk.page.get_by_text(f"{LAST}: ").first.wait_for()
    desk.picture("backfill-done")


def the_state_is_told(desk: Desk) -> None:
    assert "The newsroom is" in desk.state("home")
    desk.open("/plugin/newsroom-health")
    desk.frame("Newsroom").locator("#sources").wait_for()
    desk.page.wait_for_timeout(500)
    desk.picture("health")


def a_viewer_changes_nothing(desk: Desk) -> None:
    """On a newsroom whose failing sources are off, and which is well: a Viewer reads all, changes nothing and answers nothing."""
    up = desk.up
    asked = desk.trigger("news_review", "review-form")
    sources = up.home / "sources.toml"
    shutil.copy(PROJECT / "newsroom" / "sources.toml", sources)
    for row in up.warehouse.latest().read("feed_state").to_pylist():
        if row["failure_streak"]:
            switch_source(sources, row["source_id"], enabled=False)
    with web_server(up, "viewer", "Viewer", "viewer's own", sources) as address:
        theirs = Desk(up, desk.browser, desk.shots, address, "viewer", "viewer's own")
        assert theirs.state("home-well").endswith("The newsroom is well")
        token = answer_of(address, "/auth/token", {"username": "viewer", "password": "viewer's own"})[1]["access_token"]
        run = f"/api/v2/dags/news_review/dagRuns/{asked['dag_run_id']}"
        days = {"from_date": f"{FIRST}T00:00:00Z", "to_date": f"{LAST}T00:00:00Z"}
        for method, path, body in (
            ("POST", "/api/v2/dags/news_days/dagRuns", {"logical_date": None}),
            ("PATCH", "/api/v2/dags/news_ingest", {"is_paused": True}),
            ("POST", "/api/v2/backfills", {"dag_id": "news_ingest", **days}),
            ("PATCH", f"{run}/taskInstances/decide/-1/hitlDetails", {"chosen_options": ["Drop"], "params_input": {}}),
            ("PATCH", run, {"state": "success"}),
            ("DELETE", run, None),
            ("POST", "/api/v2/dags/news_review/clearTaskInstances", {"dag_run_id": asked["dag_run_id"]}),
        ):
            assert answer_of(address, path, body, token=token, method=method)[0] == 403, (method, path)
        for path in PATHS:
            assert answer_of(address, path, token=token)[0] in (200, 400, 404, 422), path
    before = up.warehouse.latest().read("quarantine").num_rows, len(_held(up, "robots"))
    assert desk.answer(asked["dag_run_id"], "Keep", "keep-question", why=WHY)["state"] == "success"
    assert before == (up.warehouse.latest().read("quarantine").num_rows, len(_held(up, "robots")))


def five_fates_are_found(desk: Desk) -> None:
    """Three articles and two refused pages, each by the URL that somebody asks about."""
    snapshot = desk.up.warehouse.latest()
    urls = snapshot.read("articles", columns=["url"])["url"].to_pylist()[
        :: max(1, snapshot.read("articles").num_rows // 3)
    ]
    refused = snapshot.read("quarantine", columns=["record_json"])["record_json"].to_pylist()
    urls = urls[:3] + [json.loads(record)["url"] for record in refused if "url" in json.loads(record)]
    assert len(urls) >= FATES
    for n, url in enumerate(urls[:FATES]):
        desk.open("/plugin/news-search")
        search = desk.frame("Search")
        search.get_by_role("searchbox").fill(url)
        search.get_by_role("button", name="Search").click()
        search.get_by_role("heading", name=re.compile("Versions|Refus", re.IGNORECASE)).first.wait_for()
        if n in (0, FATES - 1):
            desk.picture("fate" if n == 0 else "fate-refused")


def a_gate_is_passed(desk: Desk) -> None:
    run = desk.trigger("news_ingest", "ingest-form", window=f"{HELD}T00:00/{HELD}T18:00")
    assert run["state"] == "failed", "a gate holds, and the run is red for a person"
    assert "held by the set gate" in run["note"]
    desk.open(f"/dags/news_ingest/runs/{run['dag_run_id']}")
    desk.page.get_by_text("held by the set gate").first.wait_for()
    desk.picture("gate-holds")
    asked = desk.trigger("news_review", "review-form")
    held = _held(desk.up, "set-gate")
    source = held[0]["source_id"]
    run = desk.answer(asked["dag_run_id"], "Release", "gate-question", why=WHY, group=f"set-gate of {source}")
    assert run["state"] == "success", desk.up.states("news_review", run["dag_run_id"])
    assert not [row for row in _held(desk.up, "set-gate") if row["source_id"] == source]
    assert f"release by admin: {WHY}" in run["note"]


def a_page_is_released(desk: Desk) -> None:
    asked = desk.trigger("news_review", "review-form")
    (page,) = _held(desk.up, "not-an-article")
    run = desk.answer(asked["dag_run_id"], "Release", "release-question", why=WHY, key=page["quarantine_id"][:12])
    assert run["state"] == "success", desk.up.states("news_review", run["dag_run_id"])
    now = (
        desk.up.warehouse.latest()
        .read("quarantine", where=pc.field("quarantine_id") == page["quarantine_id"])
        .to_pylist()
    )
    assert [(row["status"], row["decided_by"]) for row in now] == [("released", f"admin: {WHY}")]
    desk.open(f"/dags/news_review/runs/{run['dag_run_id']}")
    desk.page.get_by_text(f"release by admin: {WHY}").first.wait_for()
    desk.picture("release-done")


def a_day_is_reopened(desk: Desk) -> None:
    """A day that was closed six hours short is opened and closed with its evening, which came by then: its digest is superseded."""
    assert desk.trigger("news_digest", "digest-form", window=HELD)["state"] == "success"
    before = _builds(desk.up, "final")
    evening = {"window": f"{HELD}T18:00/2026-03-06T00:00", "accept_gate": WHY}
    assert desk.trigger("news_ingest", "evening-form", **evening)["state"] == "success"
    run = desk.trigger("news_digest", "reopen-form", window=HELD, reopen="its evening is missing")
    assert run["state"] == "success", desk.up.states("news_digest", run["dag_run_id"])
    assert "reopened: its evening is missing" in run["note"]
    assert before
    assert before == _builds(desk.up, "superseded")
    desk.open("/plugin/digests")
    desk.frame("Digests").get_by_role("link", name="5 March 2026").click()
    desk.frame("Digests").locator("h1", has_text="5 March 2026").wait_for()
    desk.picture("digest")


def a_user_reads_the_digests(desk: Desk) -> None:
    """Who has FAB's role User finds the digests in the navigation, and reads one."""
    up = desk.up
    assert isinstance(up, Deployed)
    up.add_user("reader", "User", "reader's own")
    theirs = Desk(up, desk.browser, desk.shots, up.address, "reader", "reader's own")
    theirs.open("/")
    theirs.page.get_by_role("link", name="Digests").first.click()
    theirs.frame("Digests").get_by_role("link", name="5 March 2026").click()
    theirs.frame("Digests").locator("h1", has_text="5 March 2026").wait_for()
    theirs.picture("user-digest")


def a_stranger_sees_nothing_of_fab(desk: Desk) -> None:
    """FAB's own pages and its API lead to the login page, or refuse."""
    for path in FAB_PAGES:
        status, told = answer_of(desk.address, path)
        assert status in (401, 403) or 'name="password"' in str(told), path


def a_broken_newsroom_says_so(desk: Desk) -> None:
    current = desk.up.root / "current"
    current.rename(current.with_name("away"))
    try:
        assert "broken" in desk.state("home-broken")
    finally:
        current.with_name("away").rename(current)


def a_stranger_sees_nothing(desk: Desk) -> None:
    """Without a login: our pages and those of Airflow answer 401, or there is nothing at all; the UI leads to the login page."""
    address = desk.address
    described = answer_of(address, "/openapi.json", token=desk.up.token)[1]
    theirs = [path for path, ways in described["paths"].items() if "get" in ways]
    public = ("/api/v2/version", "/api/v2/monitor/health", "/auth/", "/api/v2/auth/")
    for path in [*PATHS, *theirs]:
        asked = re.sub(r"{[^}]+}", "1", path)
        if not asked.startswith(public):
            assert answer_of(address, asked)[0] in (401, 404), path
    for path in ("/", "/plugin/newsroom-health", "/dags/news_review"):
        assert '"root"' in str(answer_of(address, path)[1]), "the shell of the UI, which leads to the login"


def _held(up: RunningAirflow, reason: str) -> list[dict[str, Any]]:
    """The rows of quarantine that are held for a reason."""
    where = (pc.field("reason") == reason) & (pc.field("status") == "held")
    rows: list[dict[str, Any]] = up.warehouse.latest().read("quarantine", where=where).to_pylist()
    return rows


def _builds(up: RunningAirflow, status: str) -> set[str]:
    """The builds of the day that is held, by their status."""
    rows = up.warehouse.latest().read("digest_builds").to_pylist()
    return {row["build_id"] for row in rows if (str(row["digest_date"]), row["status"]) == (HELD, status)}


STEPS = (
    three_days_are_backfilled,
    the_state_is_told,
    a_viewer_changes_nothing,
    five_fates_are_found,
    a_gate_is_passed,
    a_page_is_released,
    a_day_is_reopened,
    a_stranger_sees_nothing,
    a_broken_newsroom_says_so,
)
# FAB's own pages, and its API: they lead a stranger to the login, or refuse.
FAB_PAGES = (
    "/auth/users/list/",
    "/auth/roles/list/",
    "/auth/permissions/list/",
    "/auth/fab/v1/users",
    "/auth/fab/v1/roles",
)
OF_FAB = (a_user_reads_the_digests, a_stranger_sees_nothing_of_fab)


@contextmanager
def running(folder: Path, *, fab: bool, packages: Path | None) -> Iterator[RunningAirflow]:
    """Airflow as `make up` runs it; or as docker-compose.yml does, with PostgreSQL and the logins of FAB.

    Raises:
        Skipped: what that needs is not installed.
    """
    if fab:
        with deployed(folder, deployment_python(packages), settings=STRICT) as deployment:
            yield deployment
    else:
        with started(folder, PROJECT, **STRICT) as up:
            up.log_in()
            yield up


def main() -> int:
    """All steps, each with its seconds; 0 when all went."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--shots", type=Path, help="where pictures are kept; else they are thrown away")
    parser.add_argument("--fab", action="store_true", help="on a deployment with the logins and roles of FAB")
    parser.add_argument("--python", type=Path, help="where a deployment's packages are kept (see tests.drills.faults)")
    options = parser.parse_args()
    if CHROMIUM is None:
        print("skipped: no Chromium is installed")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started goes with it
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shots = options.shots or Path(folder) / "shots"
        shots.mkdir(parents=True, exist_ok=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            with running(Path(folder), fab=options.fab, packages=options.python) as up:
                desk = Desk(up, browser, shots, up.address, "admin", up.password())
                for step in (*STEPS, *OF_FAB) if options.fab else STEPS:
                    began = time.monotonic()
                    step(desk)
                    print(f"{step.__name__.replace('_', ' ')}: {time.monotonic() - began:.0f} s", flush=True)
        except Skipped as reason:
            print(f"skipped: {reason}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
