"""131 real captures of 2023 to 2026 through every room, a capture day at a time; a few of the days in the quick tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.builds.recall import verify_builds
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.workflow.local_run import run_window, windows_of

STARTED = datetime(2026, 11, 1, tzinfo=UTC)

# Captures that do not become articles, and why. A page that leaves or joins this list is a change to look at.
REFUSED: dict[str, str] = {}


@pytest.fixture(scope="module")
def archive(shared_data):
    return shared_data / "pages" / "real-pages.warc.gz"


def brought_in(archive, root, every=1):
    """Each so manieth capture day through all rooms: the warehouse, its settings, the windows and what each came to."""
    warehouse, settings = Warehouse(root), Settings(warehouse=root)
    windows = windows_of(settings, warehouse, None, started_at=STARTED, archives=(archive,))[::every]
    summaries = [run_window(settings, warehouse, window, started_at=STARTED, archives=(archive,)) for window in windows]
    return warehouse, settings, windows, summaries


@pytest.fixture(scope="module")
def real(archive, tmp_path_factory):
    return brought_in(archive, tmp_path_factory.mktemp("real") / "warehouse")


@pytest.fixture(scope="module")
def truths(shared_data):
    lines = (shared_data / "pages" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [truth for line in lines if (truth := json.loads(line))["set"] == "fundus"]


@pytest.mark.drill
def test_a_few_days_become_articles_and_a_second_run_changes_nothing(archive, tmp_path):
    warehouse, settings, windows, summaries = brought_in(archive, tmp_path / "warehouse", every=20)
    came = [summary.counts for summary in summaries]
    assert min(counts["received"] for counts in came) >= 1
    assert sum(counts["new"] for counts in came) == sum(counts["received"] for counts in came) >= len(windows) == 5
    assert_sound(warehouse, days=len(windows))
    before = warehouse.content_hash()
    again = run_window(settings, warehouse, windows[0], started_at=STARTED + timedelta(hours=1), archives=(archive,))
    assert again.counts["unchanged"] == again.counts["received"] > 0
    assert warehouse.content_hash() == before


@pytest.mark.drill
@pytest.mark.timeout(1200)
def test_captures_become_articles(real):
    warehouse, _, _, summaries = real
    total = {name: sum(s.counts[name] for s in summaries) for name in summaries[0].counts}
    with warehouse.latest().connect(views=["article_versions"]) as connection:
        pages = connection.execute("SELECT count(*) FROM pages").fetchone()[0]
        refused = dict(
            connection.execute(
                "SELECT coalesce(p.final_url, p.requested_url), q.reason FROM quarantine q LEFT JOIN pages p USING (page_id)"
            ).fetchall()
        )
        kept = connection.execute(
            "SELECT count(*) FROM pages p WHERE p.page_id IN (SELECT page_id FROM article_versions)"
        ).fetchone()[0]
    assert pages == 131
    assert refused == REFUSED
    assert total["new"] + total["unchanged"] >= 125, total
    assert kept + total["unchanged"] + len(refused) == 131


@pytest.mark.drill
def test_times_are_the_publishers(real, truths):
    """Truths later than the capture are left out, and so are those without an offset."""
    warehouse, *_ = real
    with warehouse.latest().connect() as connection:
        found = {
            url: (published_at, fetched_at)
            for urls in ("p.requested_url", "a.url")
            for url, published_at, fetched_at in connection.execute(
                f"SELECT {urls}, a.published_at, a.fetched_at FROM articles a JOIN pages p USING (page_id)"
            ).fetchall()
        }
    met, asked = 0, 0
    for truth in truths:
        if not truth["published_at"] or truth["url"] not in found:
            continue
        published_at, fetched_at = found[truth["url"]]
        assert published_at != fetched_at
        expected = datetime.fromisoformat(truth["published_at"])
        captured = datetime.fromisoformat(truth["fetched_at"])
        if expected.tzinfo is None or expected > captured + timedelta(hours=24):
            continue
        asked += 1
        met += published_at is not None and abs(published_at - expected) <= timedelta(seconds=60)
    assert asked >= 110
    assert met / asked >= 0.95, f"{met} of {asked}"


@pytest.mark.drill
def test_books_balance_and_builds_verify(real):
    warehouse, *_ = real
    assert_sound(warehouse, days=81)


def assert_sound(warehouse, days):
    """The books balance, every run and day came to its end, and every published line is still true."""
    with warehouse.latest().connect() as connection:
        odd = connection.execute(
            "SELECT * FROM stage_counts WHERE received <> new + updated + unchanged + duplicates + quarantined + failed"
        ).fetchall()
        failed = connection.execute("SELECT * FROM runs WHERE status <> 'success'").fetchall()
        builds = connection.execute("SELECT count(*) FROM digest_builds WHERE status = 'final'").fetchone()[0]
    assert odd == []
    assert failed == []
    assert builds == days
    assert warehouse.verify() == []
    assert verify_builds(warehouse) == []


@pytest.mark.drill
@pytest.mark.timeout(1200)
def test_the_second_run_changes_nothing(real, archive):
    """Every third day again: the days are alike, and each takes a second and a half."""
    warehouse, settings, windows, _ = real
    before = warehouse.content_hash()
    for window in windows[::3]:
        summary = run_window(settings, warehouse, window, started_at=STARTED + timedelta(hours=1), archives=(archive,))
        assert summary.counts["new"] == summary.counts["updated"] == summary.counts["duplicates"] == 0
    assert warehouse.content_hash() == before
