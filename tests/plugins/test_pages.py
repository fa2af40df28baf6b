"""The digest pages beside Airflow's own: for those who are logged in, read-only, and nothing but digests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def answers(prepared_home: Path, run_python: RunPython, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("pages")
    digests = root / "warehouse" / "digests"
    build = digests / "builds" / "b1"
    build.mkdir(parents=True)
    (build / "digest.html").write_text("<h1>The digest of Monday</h1>")
    (digests / "2026-03-02").symlink_to(Path("builds") / "b1")
    (root / "secret").mkdir()
    (root / "secret" / "digest.html").write_text("not yours")
    (digests / "2026-03-03").symlink_to(root / "secret")
    (digests / "atom.xml").write_text("<feed/>")
    done = run_python(Path(__file__).with_name("pages_asked.py"), prepared_home, root / "warehouse")
    line = next(line for line in done.stdout.splitlines() if line.startswith("ANSWERS "))
    told: dict[str, Any] = json.loads(line.removeprefix("ANSWERS "))
    return told


def test_a_stranger_sees_nothing(answers: dict[str, Any]) -> None:
    asked = {path: status for path, status in answers.items() if path.startswith("stranger ")}
    assert len(asked) == 8
    assert {
        status for path, status in asked.items() if "docs" not in path and "openapi" not in path and "%2F" not in path
    } == {401}
    assert {status for path, status in asked.items()} <= {401, 404}


def test_who_is_logged_in_reads_the_index_and_the_digest(answers: dict[str, Any]) -> None:
    assert answers["admin /daybook/"] == 200
    assert 'href="digests/2026-03-02"' in answers["text /daybook/"]
    assert "Monday, 2 March 2026" in answers["text /daybook/"]
    assert answers["admin /daybook/digests/2026-03-02"] == 200
    assert answers["text /daybook/digests/2026-03-02"] == "<h1>The digest of Monday</h1>"


def test_nothing_else_is_given_away(answers: dict[str, Any]) -> None:
    for path in (
        "digests/2026-03-03",
        "digests/2026-03-09",
        "digests/..%2F..%2Fsecret",
        "digests/builds",
        "docs",
        "openapi.json",
    ):
        assert answers[f"admin /daybook/{path}"] == 404, path
        assert "not yours" not in answers[f"text /daybook/{path}"]


def test_no_page_may_run_or_load_anything(answers: dict[str, Any]) -> None:
    policies = [policy for path, policy in answers.items() if path.startswith("policy ")]
    assert all("default-src 'none'" in policy and "script-src" not in policy for policy in policies)
    assert all("frame-ancestors 'self'" in policy for policy in policies)


def test_the_digests_stand_in_the_navigation(answers: dict[str, Any]) -> None:
    assert answers["import errors"] == {}
    (view,) = [view for view in answers["views"] if view["name"] == "Digests"]
    assert view["href"] == "daybook/"
    assert view["destination"] == "nav"
    assert view["nav_top_level"] is True
