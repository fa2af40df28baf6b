"""The task functions on a real warehouse: build, verify, publish, preview, recall and rebuild, on invented days."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.builds import recall
from pipeline.builds.inputs import read_inputs
from pipeline.errors import InputError, UsageError, VerificationFailed, WarehouseCorrupt
from pipeline.runs import gaps
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages import digest
from pipeline.store.warehouse import Warehouse
from pipeline.tables import TABLES
from pipeline.windows import Window

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)

FLOOD = "The river Varn burst its banks at Oldmill on Monday night and flooded 340 houses."
FLOOD_CORRECTED = "The river Varn burst its banks at Oldmill on Monday night and flooded 43 houses."
FLOOD_TOO = "The Varn flooded 340 houses at Oldmill when it burst its banks on Monday night."
SCHOOL = "Mayor Hanne Brook opened the Oldmill school gym to people who lost their homes."
DAM = "Engineers from Lund lowered the gates of the Varn dam to hold the water back."


class Desk:
    """A warehouse with a pen: writes rows as the other rooms would, at the end of a day."""

    def __init__(self, root: Path) -> None:
        self.warehouse = Warehouse(root)

    def run(self, day: date, *, now: datetime | None = None, window: Window | None = None) -> Run:
        window = window or Window.of_day(day)
        settings = Settings(warehouse=self.warehouse.root)
        return Run.of(settings, "news_digest", window, started_at=now or window.end, name=window.label)

    def write(self, day: date, tables: dict[str, list[dict[str, Any]]], now: datetime | None = None) -> None:
        at = now or Window.of_day(day).end
        with self.warehouse.writing(at) as tx:
            for name, rows in tables.items():
                filled = [{**_blank(name), "recorded_at": at, "day": day, **row} for row in rows]
                tx.upsert(name, TABLES[name].rows(filled))
            tx.commit()

    def article(self, article_id: str, day: date, text: str, **columns: Any) -> dict[str, Any]:
        start = Window.of_day(day).start
        return {
            "article_id": article_id,
            "version": 1,
            "cause": "new",
            "source_id": "feed",
            "publisher": f"{article_id}.example",
            "url": f"https://{article_id}.example/",
            "title": f"About {article_id}",
            "published_at": start + timedelta(hours=9),
            "published_at_precision": "second",
            "window_start": start,
            "version_window_start": start,
            "language": "en",
            "text": text,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "content_kind": "news",
            **columns,
        }

    def day(self, day: date, *articles: dict[str, Any], duplicates: dict[str, str] | None = None) -> None:
        """One day: articles of the story "river", each its own event, and the books of a whole day's run."""
        copies = duplicates or {}
        placed = [a["article_id"] for a in articles if a["article_id"] not in copies and a["version"] == 1]
        window = Window.of_day(day)
        self.write(
            day,
            {
                "articles": list(articles),
                "duplicates": [
                    {"article_id": a, "canonical_id": c, "kind": "copy", "containment": 1.0, "jaccard": 1.0}
                    for a, c in copies.items()
                ],
                "story_articles": [
                    {"article_id": a, "story_id": "river", "event_id": f"{a}-event", "similarity": 1.0} for a in placed
                ],
                "story_days": [{"story_id": "river", "headline": "Varn floods Oldmill", "status": "active"}],
                "runs": [
                    {
                        "run_id": f"news_ingest/{day}",
                        "dag_id": "news_ingest",
                        "window_start": window.start,
                        "window_end": window.end,
                        "status": "success",
                    }
                ],
            },
        )

    def publish(self, day: date, **options: Any) -> dict[str, Any]:
        """Build, verify and publish a day, as the DAG does."""
        run = self.run(day, **{k: v for k, v in options.items() if k == "now"})
        built = digest.build(run, {"missing_windows": gaps.missing_windows(run)})
        digest.verify(run, built)
        return digest.publish(run, built, supersede=options.get("supersede", False))

    def rows(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.warehouse.latest().read(name).to_pylist()
        return rows


def _blank(name: str) -> dict[str, Any]:
    """A value for each column that a test says nothing about."""
    defaults: dict[str, Any] = {
        "string": "",
        "int64": 0,
        "double": 0.0,
        "bool": False,
        "timestamp[us, tz=UTC]": datetime(2026, 3, 1, tzinfo=UTC),
    }
    return {
        c.name: None if c.null else [] if str(c.type).startswith("list") else defaults.get(str(c.type))
        for c in TABLES[name].columns
    }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def two_days_on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("two-days"))
    desk.day(
        TUESDAY, desk.article("courier", TUESDAY, f"{FLOOD} {SCHOOL}"), desk.article("gazette", TUESDAY, FLOOD_TOO)
    )
    desk.publish(TUESDAY)
    desk.day(WEDNESDAY, desk.article("herald", WEDNESDAY, f"{FLOOD} {DAM}"))
    return desk.warehouse.root


@pytest.fixture
def two_days(two_days_on_disk: Path, tmp_path: Path) -> Desk:
    """Tuesday with two articles, published; Wednesday with one, not yet."""
    return Desk(shutil.copytree(two_days_on_disk, tmp_path / "warehouse", symlinks=True))


def test_a_published_digest_stands_in_rows_files_and_links(two_days: Desk) -> None:
    published = two_days.publish(WEDNESDAY)
    assert published["is_new"]
    assert [d["text"] for d in two_days.rows("developments") if d["digest_date"] == WEDNESDAY] == [DAM]
    row = next(b for b in two_days.rows("digest_builds") if b["build_id"] == published["build_id"])
    assert (row["status"], row["missing_windows"]) == ("final", [])
    text = recall.read_digest(two_days.warehouse, WEDNESDAY)
    assert text == (two_days.warehouse.root / "digests" / "2026-03-04" / "digest.md").read_text()
    assert DAM in text
    assert recall.verify_builds(two_days.warehouse) == []
    feed = (two_days.warehouse.root / "digests" / "atom.xml").read_text()
    assert feed.count("<entry>") == 2


def test_published_bytes_hold_no_trace_of_the_run(two_days: Desk) -> None:
    published = two_days.publish(WEDNESDAY)
    folder = Path(published["path"]).parent
    everything = "".join(path.read_text() for path in folder.iterdir())
    for trace in (str(two_days.warehouse.root), "news_digest/", "2026-03-05", '"snapshot"'):
        assert trace not in everything


def test_publishing_again_changes_nothing(two_days: Desk) -> None:
    first = two_days.publish(WEDNESDAY)
    snapshot = two_days.warehouse.latest().number
    again = two_days.publish(WEDNESDAY, now=datetime(2026, 6, 1, tzinfo=UTC))
    assert (again["build_id"], again["is_new"]) == (first["build_id"], False)
    assert two_days.warehouse.latest().number == snapshot


def test_equal_facts_give_equal_bytes_in_another_warehouse(two_days: Desk, tmp_path: Path) -> None:
    first = two_days.publish(WEDNESDAY)
    other = Desk(tmp_path / "other")
    other.day(
        TUESDAY, other.article("gazette", TUESDAY, FLOOD_TOO), other.article("courier", TUESDAY, f"{FLOOD} {SCHOOL}")
    )
    other.publish(TUESDAY, now=datetime(2026, 3, 4, 5, tzinfo=UTC))
    other.day(WEDNESDAY, other.article("herald", WEDNESDAY, f"{FLOOD} {DAM}"))
    second = other.publish(WEDNESDAY, now=datetime(2026, 3, 5, 7, tzinfo=UTC))
    assert first["build_id"] == second["build_id"]
    files = [sorted(Path(p["path"]).parent.iterdir()) for p in (first, second)]
    assert [f.read_bytes() for f in files[0]] == [f.read_bytes() for f in files[1]]
    assert two_days.warehouse.content_hash() == other.warehouse.content_hash()


def test_a_final_build_is_never_changed_only_superseded_on_request(two_days: Desk) -> None:
    first = two_days.publish(WEDNESDAY)
    late = two_days.article("late", WEDNESDAY, SCHOOL.replace("school gym", "town hall").replace("Brook", "Vane"))
    two_days.day(WEDNESDAY, late)
    later = datetime(2026, 3, 6, tzinfo=UTC)
    assert two_days.publish(WEDNESDAY, now=later)["build_id"] == first["build_id"]
    second = two_days.publish(WEDNESDAY, now=later, supersede=True)
    assert second["build_id"] != first["build_id"]
    statuses = {b["build_id"]: b["status"] for b in two_days.rows("digest_builds")}
    assert (statuses[first["build_id"]], statuses[second["build_id"]]) == ("superseded", "final")
    assert Path(first["path"]).is_file()
    assert recall.read_digest(
        two_days.warehouse, WEDNESDAY, as_of=datetime(2026, 3, 5, 12, tzinfo=UTC)
    ) != recall.read_digest(two_days.warehouse, WEDNESDAY)
    assert recall.verify_builds(two_days.warehouse) == []


def test_an_edit_reaches_the_line_it_touches(two_days: Desk) -> None:
    old = two_days.article("courier", TUESDAY, f"{FLOOD} {SCHOOL}")
    new = {**two_days.article("courier", TUESDAY, f"{FLOOD_CORRECTED} {SCHOOL}"), "version": 2, "cause": "edit"}
    new["version_window_start"] = Window.of_day(WEDNESDAY).start
    at = Window.of_day(TUESDAY).end
    two_days.write(TUESDAY, {"article_history": [{**old, "recorded_at": at}]})
    two_days.write(TUESDAY, {"articles": [new]}, now=Window.of_day(WEDNESDAY).end)
    noon = Window(datetime(2026, 3, 4, 11, tzinfo=UTC), datetime(2026, 3, 4, 12, tzinfo=UTC))
    digest.preview(two_days.run(WEDNESDAY, window=noon, now=Window.of_day(WEDNESDAY).end))
    assert two_days.rows("corrections") == []  # a preview only shows what the evening may find otherwise
    published = two_days.publish(WEDNESDAY)
    correction = two_days.rows("corrections")
    assert [(c["article_id"], c["to_version"], c["old_quote"], c["new_text"]) for c in correction] == [
        ("courier", 2, FLOOD, FLOOD_CORRECTED)
    ]
    told = json.loads((Path(published["path"]).parent / "digest.json").read_text())
    kinds = {line["text"]: line["kind"] for story in told["stories"] for line in story["developments"]}
    assert kinds[FLOOD_CORRECTED] == "corrected"
    assert told["corrections"][0]["old_quote"] == FLOOD
    assert recall.verify_builds(two_days.warehouse) == []  # the old line still stands on the old version
    two_days.day(date(2026, 3, 5))
    two_days.publish(date(2026, 3, 5))
    assert len(two_days.rows("corrections")) == 1  # noticed once


def test_a_preview_is_replaced_and_leaves_no_rows_beside_the_final_build(two_days: Desk) -> None:
    noon = Window(datetime(2026, 3, 4, 11, tzinfo=UTC), datetime(2026, 3, 4, 12, tzinfo=UTC))
    run = two_days.run(WEDNESDAY, window=noon, now=Window.of_day(WEDNESDAY).end)
    first = digest.preview(run)
    assert first["status"] == "provisional"
    assert "So far." in recall.read_digest(two_days.warehouse, WEDNESDAY)
    assert digest.preview(run)["is_new"] is False
    two_days.write(
        WEDNESDAY, {"story_days": [{"story_id": "river", "headline": "Another headline", "status": "active"}]}
    )
    second = digest.preview(run)
    final = two_days.publish(WEDNESDAY)
    builds = {b["build_id"] for b in two_days.rows("digest_builds") if b["digest_date"] == WEDNESDAY}
    assert builds == {final["build_id"]}
    assert final["build_id"] not in (first["build_id"], second["build_id"])
    for name in ("digests", "developments", "citations"):
        assert {r["build_id"] for r in two_days.rows(name) if r["day"] == WEDNESDAY} == {final["build_id"]}
    assert digest.preview(run)["build_id"] == final["build_id"]


def test_copies_count_as_coverage(desk: Desk) -> None:
    desk.day(
        TUESDAY,
        desk.article("courier", TUESDAY, FLOOD),
        desk.article("blog", TUESDAY, FLOOD, duplicate_of="courier", publisher=None),
        duplicates={"blog": "courier"},
    )
    published = desk.publish(TUESDAY)
    line = desk.rows("developments")[0]
    assert (line["article_count"], line["publisher_count"], line["origin_count"]) == (2, 2, 1)
    assert "Carried word for word by" in Path(published["path"]).read_text()


def test_a_tampered_source_stops_publication_and_names_the_line(two_days: Desk) -> None:
    run = two_days.run(WEDNESDAY)
    built = digest.build(run, {"missing_windows": []})
    changed = two_days.article("herald", WEDNESDAY, f"{FLOOD} {DAM.replace('Lund', 'Lunt')}")
    two_days.write(WEDNESDAY, {"articles": [changed]})
    for task in (digest.verify, digest.publish):
        with pytest.raises(VerificationFailed, match="line 1 of story river, 'Engineers from Lund"):
            task(run, built)
    assert not [b for b in two_days.rows("digest_builds") if b["digest_date"] == WEDNESDAY]
    assert not (two_days.warehouse.root / "digests" / "2026-03-04").exists()


def test_a_digest_is_rebuilt_from_the_recorded_state(two_days: Desk) -> None:
    two_days.publish(WEDNESDAY)
    two_days.day(date(2026, 3, 5), two_days.article("post", date(2026, 3, 5), SCHOOL))
    settings = Settings(warehouse=two_days.warehouse.root)
    for day in (TUESDAY, WEDNESDAY):
        assert recall.rebuild_digest(two_days.warehouse, settings, day) == []
    differences = recall.rebuild_digest(two_days.warehouse, replace(settings, digest_max_lines=0), WEDNESDAY)
    assert any("the settings that change results" in d for d in differences)
    assert any("digest.html" in d for d in differences)


def test_damage_to_files_is_noticed_and_not_served(two_days: Desk) -> None:
    published = two_days.publish(WEDNESDAY)
    path = Path(published["path"]).with_name("digest.md")
    path.write_text(path.read_text().replace("Lund", "Lunt"))
    with pytest.raises(WarehouseCorrupt, match="not the ones that were published"):
        recall.read_digest(two_days.warehouse, WEDNESDAY)
    assert len(recall.verify_builds(two_days.warehouse)) == 1
    settings = Settings(warehouse=two_days.warehouse.root)
    assert any("digest.md" in d for d in recall.rebuild_digest(two_days.warehouse, settings, WEDNESDAY))
    path.unlink()
    path.parent.rename(path.parent.with_name("elsewhere"))
    two_days.publish(WEDNESDAY)  # the same build again restores its files
    assert recall.verify_builds(two_days.warehouse) == []


def test_hours_that_no_run_covered_are_named(desk: Desk) -> None:
    start = Window.of_day(TUESDAY).start
    hours = [h for h in range(24) if h not in (3, 17)]
    desk.write(
        TUESDAY,
        {
            "runs": [
                {
                    "run_id": f"r{h}",
                    "dag_id": "news_ingest",
                    "status": "failed" if h == 4 else "success",
                    "window_start": start + timedelta(hours=h),
                    "window_end": start + timedelta(hours=h + 1),
                }
                for h in hours
            ]
        },
    )
    missing = gaps.missing_windows(desk.run(TUESDAY))
    assert missing == [f"2026-03-03T{h:02}:00Z/2026-03-03T{h + 1:02}:00Z" for h in (3, 4, 17)]
    published = desk.publish(TUESDAY)
    assert "3 hours of this day were not covered" in Path(published["path"]).read_text()


def test_what_is_recorded_later_is_not_seen(two_days: Desk) -> None:
    run = two_days.run(WEDNESDAY)
    before = digest.build(run, {"missing_windows": []})
    late = two_days.article("late", WEDNESDAY, SCHOOL)
    rows = {
        "articles": [late],
        "story_articles": [{"article_id": "late", "story_id": "river", "event_id": "e", "similarity": 1.0}],
    }
    two_days.write(WEDNESDAY, rows, now=datetime(2026, 3, 7, tzinfo=UTC))
    assert digest.build(run, {"missing_windows": []})["build_id"] == before["build_id"]


def test_a_story_merged_twice_stands_where_the_last_merge_known_by_then_put_it(two_days: Desk) -> None:
    end = Window.of_day(WEDNESDAY).end
    merged = {"from_story_id": "river", "kind": "merge"}
    for day, at, into in (
        (TUESDAY, end, "brook"),
        (WEDNESDAY, end, "lake"),
        (WEDNESDAY, end + timedelta(hours=1), "sea"),
    ):
        two_days.write(day, {"story_lineage": [{**merged, "to_story_id": into}]}, now=at)
    for as_of, into in ((end, "lake"), (end + timedelta(hours=1), "sea")):
        inputs = read_inputs(two_days.warehouse.latest(), WEDNESDAY, status="final", as_of=as_of)
        assert set(inputs.placings["story_id"].to_pylist()) == {into}
        assert set(inputs.earlier_lines["story_id"].to_pylist()) == {into}


def test_a_day_without_a_digest_is_said_so(desk: Desk) -> None:
    with pytest.raises(InputError, match="no digest of 2026-03-03"):
        recall.read_digest(desk.warehouse, TUESDAY)


def test_a_day_without_articles_is_published_empty(desk: Desk) -> None:
    published = desk.publish(TUESDAY)
    assert "No line: no article came in on this day." in Path(published["path"]).read_text()
    assert recall.rebuild_digest(desk.warehouse, Settings(warehouse=desk.warehouse.root), TUESDAY) == []


@pytest.mark.parametrize("clock", ["wall", "window-end"])
def test_a_day_that_is_not_over_is_not_closed(two_days: Desk, clock: str) -> None:
    window, moment = Window.of_day(WEDNESDAY), datetime(2026, 3, 4, 16, 2, tzinfo=UTC)
    run = replace(two_days.run(WEDNESDAY), now=moment if clock == "wall" else window.end, started_at=moment)
    with pytest.raises(UsageError, match=r"2026-03-04 is not over: it can be closed from 2026-03-05 00:00 UTC on"):
        digest.close_day(run)
    assert WEDNESDAY not in two_days.warehouse.latest().closed_days
    assert digest.close_day(two_days.run(WEDNESDAY))["closed"]


def test_a_part_of_a_day_does_not_close_it(two_days: Desk) -> None:
    hour = Window.of_hour(datetime(2026, 3, 4, 9, tzinfo=UTC))
    with pytest.raises(UsageError, match="not over"):
        digest.close_day(two_days.run(WEDNESDAY, window=hour))


def test_no_day_is_closed_before_the_first_run(two_days: Desk) -> None:
    before = TUESDAY - timedelta(1)
    assert gaps.precedes_everything(two_days.run(before))
    with pytest.raises(UsageError, match="nothing was asked or read on 2026-03-02 or before it"):
        digest.close_day(two_days.run(before))
    assert not two_days.warehouse.latest().closed_days
    assert not gaps.precedes_everything(two_days.run(WEDNESDAY + timedelta(3))), "a day without news is one"


@pytest.mark.parametrize("stands", [True, False], ids=["it-stands", "it-does-not"])
def test_a_story_that_was_edited_is_looked_at_once(two_days: Desk, stands: bool) -> None:
    """On the day of the edit; and no later day lists the story again, whether the quoted line still stands or not."""
    text = f"{FLOOD if stands else FLOOD_CORRECTED} {SCHOOL} Nobody was hurt in Oldmill, the mayor said on Wednesday."
    edited = two_days.article("courier", TUESDAY, text, version=2, cause="edit")
    two_days.day(WEDNESDAY, {**edited, "version_window_start": Window.of_day(WEDNESDAY).start, "day": TUESDAY})
    before = two_days.article("courier", TUESDAY, f"{FLOOD} {SCHOOL}")
    two_days.write(WEDNESDAY, {"article_history": [{**before, "day": TUESDAY}]}, now=Window.of_day(TUESDAY).end)
    two_days.publish(WEDNESDAY)
    told = [row for row in two_days.rows("digests") if row["digest_date"] == WEDNESDAY]
    assert [row["story_id"] for row in told] == ["river"]
    assert len(two_days.rows("corrections")) == (0 if stands else 1)
    for later in (1, 2):
        day = WEDNESDAY + timedelta(later)
        two_days.day(day)
        two_days.publish(day)
        assert [row for row in two_days.rows("digests") if row["digest_date"] == day] == []


def test_an_edit_that_came_after_its_day_was_published_is_looked_at_by_the_next(two_days: Desk) -> None:
    two_days.publish(WEDNESDAY)
    edited = two_days.article("courier", TUESDAY, f"{FLOOD_CORRECTED} {SCHOOL}", version=2, cause="edit")
    late = {**edited, "version_window_start": Window.of_day(WEDNESDAY).start, "day": TUESDAY}
    before = two_days.article("courier", TUESDAY, f"{FLOOD} {SCHOOL}")
    two_days.write(WEDNESDAY, {"article_history": [{**before, "day": TUESDAY}]}, now=Window.of_day(TUESDAY).end)
    two_days.write(WEDNESDAY, {"articles": [late]}, now=datetime(2026, 3, 5, 9, tzinfo=UTC))
    thursday = WEDNESDAY + timedelta(1)
    two_days.day(thursday)
    two_days.publish(thursday)
    (row,) = {(row["old_quote"], row["day"]) for row in two_days.rows("corrections")}
    assert row == (FLOOD, thursday)
