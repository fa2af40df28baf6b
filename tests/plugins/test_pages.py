"""The digest pages beside Airflow's own: for those who are logged in, read-only, and nothing but digests."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunPython = Callable[..., subprocess.CompletedProcess[str]]

PUBLISHED = (
    "<html><head><title>Daybook</title></head><body><h1>The digest of Monday</h1>"
    '<p>&lt;a href=&#34;http <a href="#story-1">here</a> <a href="https://courier.example/a" rel="noopener">there</a></p>'
    "</body></html>"
)
BESIDE = PUBLISHED.replace('<a href="https', '<a target="_blank" href="https')


@pytest.fixture(scope="module")
def answers(prepared_home: Path, run_python: RunPython, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("pages")
    digests = root / "warehouse" / "digests"
    build = digests / "builds" / "b1"
    build.mkdir(parents=True)
    (build / "digest.html").write_text(PUBLISHED)
    lines = [{"text": "One."}, {"text": "Two."}, {"text": "Three."}]
    stories = [{"developments": lines}, {"developments": lines[:2]}, {"developments": []}]
    (build / "digest.json").write_text(json.dumps({"status": "final<", "stories": stories, "corrections": [{}]}))
    (digests / "2026-03-02").symlink_to(Path("builds") / "b1")
    (root / "secret").mkdir()
    (root / "secret" / "digest.html").write_text("not yours")
    (digests / "2026-03-03").symlink_to(root / "secret")
    (digests / "builds" / "b0").mkdir()
    (digests / "builds" / "b0" / "digest.html").write_text(PUBLISHED)
    (digests / "2026-03-01").symlink_to(Path("builds") / "b0")
    (digests / "atom.xml").write_text("<feed/>")
    done = run_python(Path(__file__).with_name("pages_asked.py"), prepared_home, root / "warehouse")
    line = next(line for line in done.stdout.splitlines() if line.startswith("ANSWERS "))
    told: dict[str, Any] = json.loads(line.removeprefix("ANSWERS "))
    assert (build / "digest.html").read_text() == PUBLISHED
    return told


def test_a_stranger_sees_nothing(answers: dict[str, Any]) -> None:
    asked = {path: status for path, status in answers.items() if path.startswith("stranger ")}
    assert len(asked) == 9
    assert {
        status for path, status in asked.items() if "docs" not in path and "openapi" not in path and "%2F" not in path
    } == {401}
    assert {status for path, status in asked.items()} <= {401, 404}


def test_who_is_logged_in_reads_the_index_and_the_digest(answers: dict[str, Any]) -> None:
    assert answers["admin /daybook/"] == 200
    assert 'href="digests/2026-03-02"' in answers["text /daybook/"]
    assert "Monday, 2 March 2026" in answers["text /daybook/"]
    assert answers["admin /daybook/digests/2026-03-02"] == 200
    assert "<h1>The digest of Monday</h1>" in answers["text /daybook/digests/2026-03-02"]


def test_the_index_fits_a_phone(answers: dict[str, Any]) -> None:
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in answers["text /daybook/"]


def test_the_index_tells_what_is_in_a_digest(answers: dict[str, Any]) -> None:
    monday, sunday = re.findall(r"<tr><th><a [^>]*>(.*?)</tr>", answers["text /daybook/"])
    assert re.findall(r"<td[^>]*>(.*?)</td>", monday) == ["final&lt;", "2", "5", "1"]
    assert sunday.startswith("Sunday"), "a digest without its JSON is listed all the same"


def test_a_digest_leads_back_to_the_index(answers: dict[str, Any]) -> None:
    before, found, after = answers["text /daybook/digests/2026-03-02"].partition(
        '<p style="margin:0 0 1.5rem"><a href="../">All digests</a></p>'
    )
    assert found
    assert before + after == BESIDE, "nothing else is changed in what was published but where a source opens"


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
    assert view["bundle_url"] == "daybook/frame.js"
    assert view["destination"] == "nav"
    assert view["nav_top_level"] is True
    assert view["url_route"] == "digests"


def test_the_frame_lets_a_source_open_and_nothing_run(answers: dict[str, Any]) -> None:
    (rights,) = re.findall(r'sandbox: "([^"]*)"', answers["text /daybook/frame.js"])
    assert set(rights.split()) == {"allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"}
