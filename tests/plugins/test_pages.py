"""The pages beside Airflow's own: for those who are logged in, read-only, harmless whatever strangers wrote."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daybook_airflow.pages.setting import leading_on, outward, sections
from daybook_airflow.views import VIEWS
from pipeline.explain.layout import labelled, paragraph, section
from tests.store.sample import NOON, article, make_world, rows

RunPython = Callable[..., subprocess.CompletedProcess[str]]

PUBLISHED = (
    "<html><head><title>Daybook</title></head><body><h1>The digest of Monday</h1>"
    '<p>&lt;a href=&#34;http <a href="#story-1">here</a> <a href="https://courier.example/a" rel="noopener">there</a></p>'
    "</body></html>"
)
BESIDE = PUBLISHED.replace('<a href="https', '<a target="_blank" href="https')


HOSTILE = "<script>alert('harbour')</script>"


def write_warehouse(root: Path) -> None:
    """A small world, with a stranger's titles and addresses in it."""
    with make_world(root).writing(NOON) as tx:
        hostile = article("hostile", HOSTILE, HOSTILE, url="javascript:alert(1)")
        refusal = {
            "quarantine_id": "q2", "source_id": "feed-East", "reason": "too-short", "status": "held", "detail": HOSTILE,
            "record_json": json.dumps({"url": "javascript:alert(1)", "listed_title": HOSTILE}),
        }  # fmt: skip
        run = {"run_id": "news_ingest/r1", "dag_id": "news_ingest", "status": "failed", "detail": HOSTILE}
        tx.upsert("articles", rows("articles", hostile))
        plain = {
            "quarantine_id": "q1",
            "source_id": "feed-North",
            "reason": "too-short",
            "status": "held",
            "record_json": "{}",
        }
        tx.upsert("quarantine", rows("quarantine", refusal, plain))
        tx.upsert("runs", rows("runs", run))
        tx.commit()


@pytest.fixture(scope="module")
def answers(prepared_home: Path, run_python: RunPython, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("pages")
    write_warehouse(root / "warehouse")
    digests = root / "warehouse" / "digests"
    build = digests / "builds" / "b1"
    build.mkdir(parents=True)
    (build / "digest.html").write_text(PUBLISHED)
    lines = [{"text": "One."}, {"text": "Two."}, {"text": "Three."}]
    stories = [
        {"story_id": f"s{n}", "headline": HOSTILE, "developments": lines[:count]} for n, count in enumerate((3, 2, 0))
    ]
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
    assert len(asked) > 20
    assert {
        status for path, status in asked.items() if "docs" not in path and "openapi" not in path and "%2F" not in path
    } == {401}
    assert {answers[f"stranger's {method}"] for method in ("post", "put", "patch", "delete")} <= {401, 405}
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
    cells = re.findall(r"<td[^>]*>(.*?)</td>", monday)
    assert [re.sub("<[^>]*>", "", cell) for cell in cells] == ["final&lt;", "2", "5", "1"]
    assert sunday.startswith("Sunday"), "a digest without its JSON is listed all the same"


def test_a_digest_leads_to_the_index_its_stories_and_its_neighbours(answers: dict[str, Any]) -> None:
    told = answers["text /daybook/digests/2026-03-02"]
    before, found, after = re.split("(<p style=.*?</p>)", told, maxsplit=1)
    assert re.findall('href="([^"]*)"', found) == ["../", "2026-03-02/stories", "2026-03-01"]
    assert before + after == BESIDE, "nothing else is changed in what was published but where a source opens"


def test_index_and_list_of_stories_count_the_same(answers: dict[str, Any]) -> None:
    told = answers["text /daybook/digests/2026-03-02/stories"]
    assert re.findall(r"(\d) lines", told) == ["3", "2"]


def test_nothing_else_is_given_away(answers: dict[str, Any]) -> None:
    for path in (
        "digests/2026-03-03",
        "digests/2026-03-09",
        "digests/..%2F..%2Fsecret",
        "digests/builds",
        "digests/2026-03-03/stories",
        "articles/nobody",
        "frames/nothing.js",
        "docs",
        "openapi.json",
    ):
        assert answers[f"admin /daybook/{path}"] == 404, path
        assert "not yours" not in answers[f"text /daybook/{path}"]


def test_no_page_may_run_or_load_anything(answers: dict[str, Any]) -> None:
    policies = [policy for path, policy in answers.items() if path.startswith("policy ")]
    assert all("default-src 'none'" in policy and "script-src" not in policy for policy in policies)
    assert all("frame-ancestors 'self'" in policy for policy in policies)


def test_forms_lead_only_to_pages_of_the_same_house(answers: dict[str, Any]) -> None:
    policies = [policy for path, policy in answers.items() if path.startswith("policy ")]
    assert all("form-action 'self'" in policy and "base-uri 'none'" in policy for policy in policies)
    assert '<form action="search" method="get"' in answers["text /daybook/search"]


def test_who_may_only_look_sees_every_page_and_changes_none(answers: dict[str, Any]) -> None:
    for path in [path.removeprefix("admin ") for path in answers if path.startswith("admin ")]:
        assert answers[f"viewer {path}"] == answers[f"admin {path}"], path
    assert {answers[f"admin's {method}"] for method in ("post", "put", "patch", "delete")} == {405}


def test_whatever_strangers_wrote_is_text(answers: dict[str, Any]) -> None:
    pages = {path: told for path, told in answers.items() if path.startswith("text ") and ".js" not in path}
    assert sum("&lt;script&gt;" in told for told in pages.values()) >= 4
    for path, told in pages.items():
        assert "<script" not in told, path
        assert not re.search(r"""(href|src|action)=["']?\s*javascript:""", told), path


def test_health_says_what_is_the_matter(answers: dict[str, Any]) -> None:
    for path in ("health", "panel"):
        told = answers[f"text /daybook/{path}"]
        assert "The newsroom is broken" in told
        assert "news_ingest failed for" in told
    assert 'href="refused?reason=too-short' in answers["text /daybook/health"]


def test_search_leads_to_articles_stories_and_what_was_refused(answers: dict[str, Any]) -> None:
    told = answers["text /daybook/search?q=harbour"]
    assert {"articles/a1", "articles/hostile", "articles/q2", "stories/s1"} <= set(re.findall('href="([^"]*)"', told))
    assert "Words are sought" in told


def test_a_fate_is_told_as_on_the_command_line(answers: dict[str, Any]) -> None:
    told = answers["text /daybook/articles/a1"]
    assert re.findall("<h2>(.*?)</h2>", told)[:3] == ["Page", "Identity", "Fields"]
    assert "<dt>version 2</dt><dd>edit (the publisher changed it)" in told
    assert 'href="a1?again=true"' in told
    assert "took in story s2" in answers["text /daybook/stories/s1"]


def test_what_has_no_answer_says_so(answers: dict[str, Any]) -> None:
    assert answers["admin /daybook/articles/nobody"] == 404
    assert "no article and no refused page answers to" in answers["text /daybook/articles/nobody"]
    assert answers["admin /daybook/sentence?text=harbour&day=2026-03-02"] in (200, 404, 503)


def test_a_run_has_its_books_and_one_of_others_says_that_it_has_none(answers: dict[str, Any]) -> None:
    assert "failed" in answers["text /daybook/run?dag_id=news_ingest&run_id=r1"]
    assert "none of Daybook" in answers["text /daybook/run?dag_id=another&run_id=r1"]


def test_the_pages_stand_where_airflow_shows_them(answers: dict[str, Any]) -> None:
    assert answers["import errors"] == {}
    found = {view["name"]: view for view in answers["views"]}
    assert {(view["name"], view["destination"]) for view in found.values()} == {
        ("Newsroom", "nav"), ("Search", "nav"), ("Digests", "nav"), ("Newsroom today", "dashboard"), ("News", "dag_run"),
    }  # fmt: skip
    for view in VIEWS:
        assert found[view.name]["bundle_url"] == f"daybook/frames/{view.route}.js"
        assert found[view.name]["url_route"] == view.route
        assert found[view.name]["icon"].startswith("data:image/svg+xml,")


def test_a_warehouse_that_cannot_be_read_is_a_broken_newsroom(answers: dict[str, Any]) -> None:
    for name in ("panel", "health"):
        status, text = answers[f"unreadable /daybook/{name}"]
        assert status == 503
        assert "The newsroom is broken" in text
        assert "current is gone" in text
    assert "No answer" in answers["unreadable /daybook/search?q=harbour"][1]


def test_a_pool_that_is_missing_is_told_with_what_makes_it_again(answers: dict[str, Any]) -> None:
    for path in ("/daybook/panel", "/daybook/health"):
        told = answers[f"without a pool {path}"]
        assert "broken" in told
        assert "no pool warehouse" in told
        assert "airflow pools set warehouse 1" in told
        assert "no pool warehouse" not in answers[f"text {path}"]


def test_a_frame_lets_a_source_open_and_nothing_run(answers: dict[str, Any]) -> None:
    for name in ("digests", "newsroom-health", "news-run"):
        told = answers[f"text /daybook/frames/{name}.js"]
        (rights,) = re.findall(r'sandbox: "([^"]*)"', told)
        assert set(rights.split()) == {
            "allow-same-origin", "allow-forms", "allow-popups", "allow-popups-to-escape-sandbox",
            "allow-top-navigation-by-user-activation",
        }  # fmt: skip
    assert "const ours = null" in answers["text /daybook/frames/digests.js"]
    assert '"news_ingest"' in answers["text /daybook/frames/news-run.js"]


def test_an_answer_is_set_anew_with_all_its_words() -> None:
    lines = ["Title", "article x", *section("Page", labelled("asked", "http://a.example/")), "", *paragraph("apart")]
    told = [(heading, [(entry.name, entry.text) for entry in entries]) for heading, entries in sections(lines)]
    assert told == [
        ("Title", [(None, "article x")]),
        ("Page", [("asked", "http://a.example/")]),
        ("", [(None, "apart")]),
    ]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("at http://a.example/b?c=1&d=2, then", ["http://a.example/b?c=1&amp;d=2"]),
        ("story [0123456789ab] of 2026-03-02/1.2", ["../search?q=0123456789ab", "../digests/2026-03-02"]),
        ("<a href=javascript:x> javascript:alert(1) data:text/html,x", []),
        ('http://a.example/"onclick=x', ["http://a.example/"]),
    ],
)
def test_only_addresses_and_ids_lead_on(text: str, links: list[str]) -> None:
    told = str(leading_on(text, "../"))
    assert re.findall('href="([^"]*)"', told) == links
    assert "<a href=javascript" not in told


def test_an_address_that_is_none_of_the_web_leads_nowhere() -> None:
    assert outward("javascript:alert(1)") == "javascript:alert(1)"
    assert outward(None) == ""
    assert 'rel="noopener noreferrer"' in outward("HTTPS://a.example/")
