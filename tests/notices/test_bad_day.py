"""A bad day, of a third of the sources failing, one silent, a wall, drifting dates and a poison page: one notice, one end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.notices.telling import tell
from pipeline.settings import Settings
from pipeline.store.upkeep_notes import note_upkeep
from pipeline.store.warehouse import Warehouse
from tests.store.sample import rows

from .conftest import Listener

DAY = date(2026, 3, 5)
SOURCES = ("courier", "herald", "wire", "echo", "coast", "gone")
USUAL = 6


def at(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def article(source: str, n: int, day: date, **more: Any) -> dict[str, Any]:
    about = {
        "article_id": f"{source}-{day}-{n}",
        "source_id": source,
        "window_start": at(day, 9),
        "first_seen_at": at(day, 10),
    }
    return about | {"published_at": at(day, 8), "day": day} | more


def refusal(source: str, n: int, day: date, reason: str, detail: str = "") -> dict[str, Any]:
    about = {
        "quarantine_id": f"q-{source}-{day}-{n}",
        "stage": "validate",
        "page_id": f"{source}-{day}-{n}",
        "source_id": source,
    }
    return about | {
        "reason": reason,
        "detail": detail,
        "status": "held",
        "window_start": at(day, 9),
        "recorded_at": at(day, 10),
        "day": day,
    }


def page(source: str, n: int, day: date) -> dict[str, Any]:
    return {"page_id": f"{source}-{day}-{n}", "source_id": source, "window_start": at(day, 9), "day": day}


def state(source: str, day: date, streak: int) -> dict[str, Any]:
    return {"source_id": source, "failure_streak": streak, "recorded_at": at(day, 10), "last_success_at": at(day, 10)}


def run(dag_id: str, day: date) -> dict[str, Any]:
    about = {
        "run_id": f"{dag_id}/{day}",
        "dag_id": dag_id,
        "window_start": at(day),
        "window_end": at(day + timedelta(1)),
        "day": day,
    }
    return about | {"status": "success", "source_ids": list(SOURCES), "recorded_at": at(day, 23), "detail": None}


@pytest.fixture
def settings(tmp_path: Path, mail: Listener, hook: Listener) -> Settings:
    sources = tmp_path / "sources.toml"
    sources.write_text(
        "".join(f'[[source]]\nid = "{name}"\nkind = "feed"\nurl = "http://{name}.example/feed"\n' for name in SOURCES)
    )
    return Settings(
        warehouse=tmp_path / "w", sources=sources, state=tmp_path / "state",
        notices_smtp=mail.smtp, notices_from="a@paper.example", notices_to=("b@paper.example",), notices_webhook=hook.url,
    )  # fmt: skip


def day_of(day: date, *, is_bad: bool) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a day leaves in the warehouse."""
    failing = {"echo", "gone"} if is_bad else set()
    yield "runs", [run("news_ingest", day), run("news_stories", day)]
    yield "feed_state", [state(name, day, 2 if name in failing else 0) for name in SOURCES]
    yield (
        "digest_builds",
        [{"build_id": f"b{day}", "digest_date": day, "status": "final", "built_at": at(day, 23), "day": day}],
    )
    brought = {name: USUAL for name in SOURCES if name not in failing}
    if is_bad:
        brought |= {"courier": 1, "herald": 0, "wire": 0}
        yield "fetches", [
            {"fetch_id": f"f-{name}-{day}", "source_id": name, "url": f"http://{name}.example/feed", "purpose": "feed",
             "outcome": "timeout", "requested_at": at(day, 9), "window_start": at(day, 9), "day": day}
            for name in failing
        ]  # fmt: skip
        yield (
            "quarantine",
            [
                *(refusal("herald", n, day, "set-gate") for n in range(30)),
                *(
                    refusal("wire", n, day, "bad-field", "published_at is at most 24 h after the capture")
                    for n in range(USUAL)
                ),
                refusal("coast", 99, day, "extract-timeout"),
            ],
        )
        yield "pages", [page("wire", n, day) for n in range(USUAL)] + [page("coast", n, day) for n in range(USUAL + 1)]
    drifted = {"coast": {"published_at": at(day - timedelta(30))}} if is_bad else {}
    yield (
        "articles",
        [article(name, n, day, **drifted.get(name, {})) for name, count in brought.items() for n in range(count)],
    )


def write(settings: Settings, days: list[date], bad: set[date], *, undone: date | None = None) -> None:
    warehouse = Warehouse(settings.warehouse)
    with warehouse.writing(at(days[-1], 23)) as tx:
        tx.upsert("sources", rows("sources", *({"source_id": n, "kind": "feed", "enabled": True} for n in SOURCES)))
        for day in days:
            for table, records in day_of(day, is_bad=day in bad):
                tx.upsert(table, rows(table, *records))
        if undone is not None:  # a person decided of what the gate held
            held = tx.snapshot.read("quarantine", days=[undone]).to_pylist()
            tx.upsert("quarantine", rows("quarantine", *({**row, "status": "dropped"} for row in held)))
        tx.commit()
        note_upkeep(settings.warehouse, "gc", at(days[-1], 23), "nothing")


def test_one_notice_names_the_causes_and_one_the_end(settings: Settings, mail: Listener, hook: Listener):
    before = [DAY - timedelta(n) for n in range(8, 0, -1)]
    write(settings, before, set())
    told = tell(settings, at(DAY, 0) + timedelta(minutes=30))
    assert told.conditions == ()
    write(settings, [DAY], {DAY})
    night = at(DAY + timedelta(1), 1)
    for n in range(4):
        tell(settings, night + timedelta(minutes=10 * n))
    assert (len(mail.got), len(hook.got)) == (1, 1)
    keys = {one["key"] for one in hook.got[0]["new"]}
    assert keys == {"sources-failed", "silent/courier", "gate/herald", "refused/wire", "dates/coast", "unread"}
    text = mail.got[0].get_content()
    for word in (
        "2 of 6 sources fail: echo (timeout), gone (timeout)",
        "courier brought 1 article",
        "published_at",
        "coast (1)",
    ):
        assert word in text
    write(settings, [DAY + timedelta(1)], set(), undone=DAY)
    for n in range(3):
        tell(settings, at(DAY + timedelta(2), 1) + timedelta(minutes=10 * n))
    assert (len(mail.got), len(hook.got)) == (2, 2)
    assert mail.got[1]["Subject"] == "[Daybook] all is well again"
    assert {one["key"] for one in hook.got[1]["passed"]} == keys


def test_late_hours_and_digests_and_upkeep_are_told(settings: Settings, hook: Listener):
    write(settings, [DAY], set())
    tell(settings, at(DAY + timedelta(2), 6))
    assert {one["key"] for one in hook.got[0]["new"]} == {"ingest-late", "digest-late"}
    tell(settings, at(DAY + timedelta(4), 6))
    assert "upkeep-late" in {one["key"] for one in hook.got[1]["new"]}


def test_an_hour_whose_stories_never_came_is_told_while_its_day_is_open(settings: Settings, hook: Listener):
    write(settings, [DAY], set())
    lone = run("news_ingest", DAY) | {"run_id": "news_ingest/alone", "recorded_at": at(DAY, 23) + timedelta(minutes=1)}
    with Warehouse(settings.warehouse).writing(at(DAY, 23) + timedelta(minutes=1)) as tx:
        tx.upsert("runs", rows("runs", lone))
        tx.commit()
    tell(settings, at(DAY + timedelta(1), 1))
    tell(settings, at(DAY + timedelta(1), 3))
    assert [[one["key"] for one in notice["new"]] for notice in hook.got] == [["stories-late"]]
    with Warehouse(settings.warehouse).writing(at(DAY + timedelta(1), 3)) as tx:
        tx.close_day(DAY)
        tx.commit()
    tell(settings, at(DAY + timedelta(1), 3))
    assert hook.got[-1]["severity"] == "recovery"


def test_dates_that_are_old_are_told_of_sources_that_are_known(settings: Settings, hook: Listener):
    write(settings, [DAY - timedelta(1), DAY], set())
    with Warehouse(settings.warehouse).writing(at(DAY, 23)) as tx:
        old = [article("coast", n, DAY, published_at=at(DAY - timedelta(30))) for n in range(USUAL)]
        tx.upsert("articles", rows("articles", *old))
        tx.commit()
    tell(settings, at(DAY + timedelta(1), 1))
    assert [one["key"] for one in hook.got[0]["new"]] == ["dates/coast"]
    assert "6 of 6 articles of coast" in hook.got[0]["text"]


def test_books_that_do_not_balance_are_told(settings: Settings, hook: Listener):
    write(settings, [DAY], set())
    counts = {
        "run_id": f"news_ingest/{DAY}",
        "stage": "land",
        "source_id": "echo",
        "received": 3,
        "new": 2,
        "window_start": at(DAY),
        "day": DAY,
    }
    with Warehouse(settings.warehouse).writing(at(DAY, 23)) as tx:
        tx.upsert("stage_counts", rows("stage_counts", counts))
        tx.commit()
    tell(settings, at(DAY + timedelta(1), 1))
    assert [one["key"] for one in hook.got[0]["new"]] == ["books"]


def test_invented_days_are_nobodys_trouble(settings: Settings, hook: Listener):
    write(settings, [DAY], {DAY})
    settings.sources.write_text('clock = "window-end"\n' + settings.sources.read_text())
    tell(settings, at(DAY + timedelta(30)))
    assert hook.got == []
