"""The rows that a day's digest can hang on, whatever else the warehouse holds: sought by day and by key, texts left out.

The relations of warehouse/inputs decide; here are only rows that they cannot do without. More rows would change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import Row, current_build
from pipeline.store.lineage import read_merges
from pipeline.store.snapshot import Snapshot
from pipeline.tables.rows import as_instant
from pipeline.windows import Window

# What is told of a version, but for its text.
VERSION_COLUMNS = (
    "article_id", "version", "cause", "title", "publisher", "url", "published_at", "published_at_precision", "published_on", "language",
    "text_sha256", "content_kind", "kind_evidence", "version_window_start", "recorded_at",
)  # fmt: skip
_VERSIONED = ("articles", "article_history")


def read_reach(snapshot: Snapshot, day: date, as_of: datetime) -> dict[str, pa.Table]:
    """Read the rows of each table that the inputs of a day's digest, as of an instant, can hang on.

    Returns:
        Tables by name: article versions without their texts, the rest with all columns.
    """
    told = _last_told(snapshot, day, as_of)
    edited = _versions_since(snapshot, day, "version_window_start", Window.of_day(day).start)["article_id"]
    doubted, looked_since = _doubted(snapshot, day, told)
    citations = snapshot.read("citations", having=("article_id", doubted))
    lines = _days_of(citations)

    on_day = snapshot.read("story_articles", columns=["article_id"], days=[day])["article_id"]
    concerned = _joined(on_day, edited, doubted)
    placed = snapshot.read("story_articles", having=("article_id", concerned))
    merges = read_merges(snapshot, day + timedelta(days=1), pc.unique(placed["story_id"]).to_pylist())
    stories = pa.array(_tied_to(placed["story_id"].to_pylist(), merges), pa.string())
    of_stories = snapshot.read("story_articles", columns=["article_id"], having=("story_id", stories))["article_id"]
    members = _joined(concerned, of_stories)

    copies = snapshot.read("duplicates", having=("canonical_id", members))
    articles = _joined(members, copies["article_id"])
    developments = _once(
        snapshot.read("developments", having=("story_id", stories)),
        snapshot.read("developments", days=lines, where=_among("development_id", citations["development_id"])),
        key=("build_id", "development_id"),
    )
    built = {*_days_of(developments), *lines, *([told["digest_date"]] if told else [])}
    if told and looked_since:
        built |= {d for d in _stored_days(snapshot, "digest_builds") if looked_since <= d <= told["digest_date"]}
    return {
        "story_articles": snapshot.read("story_articles", having=("article_id", members)),
        "story_days": snapshot.read("story_days", having=("story_id", stories)),
        "story_lineage": merges,
        "duplicates": _once(
            snapshot.read("duplicates", days=[day]), copies, key=("article_id", "canonical_id", "kind")
        ),
        "quarantine": snapshot.read("quarantine", days=[day]),
        "citations": citations,
        "corrections": snapshot.read("corrections", having=("article_id", doubted)),
        "developments": developments,
        "digests": snapshot.read("digests", days=_days_of(developments), where=pc.field("story_id").isin(stories)),
        "digest_builds": snapshot.read("digest_builds", days=built),
    } | {
        name: _once(
            snapshot.read(name, columns=VERSION_COLUMNS, days=[day]),
            snapshot.read(name, columns=VERSION_COLUMNS, having=("article_id", articles)),
            key=("article_id", "version"),
        )
        for name in _VERSIONED
    }


def _last_told(snapshot: Snapshot, day: date, as_of: datetime) -> Row | None:
    """The digest of the last day before this one that had a final one by then."""
    for earlier in sorted((d for d in _stored_days(snapshot, "digest_builds") if d < day), reverse=True):
        build = current_build(snapshot.read("digest_builds", days=[earlier]).to_pylist(), as_of)
        if build is not None and build["status"] != "provisional":
            return build
    return None


def _doubted(snapshot: Snapshot, day: date, told: Row | None) -> tuple[pa.Array, date | None]:
    """The articles whose citations an edit may have taken the ground from, and since when digests may have looked at them.

    A version is looked at by the first final digest of a later day that knows it. The last one, `told`, has looked at all but
    the versions of days after its own, those recorded after it was built, and those of the articles that it cites itself.
    """
    if told is None:
        return pa.array([], pa.string()), None
    after = Window.of_day(told["digest_date"]).end
    unknown = _versions_since(snapshot, day, "recorded_at", told["built_at"])
    days = [row.date() for row in unknown["version_window_start"].to_pylist()]
    looked_since = min(days, default=None)
    cited = snapshot.read("citations", columns=["article_id"], days=[told["digest_date"]])["article_id"]
    found = _joined(
        _versions_since(snapshot, day, "version_window_start", after)["article_id"], unknown["article_id"], cited
    )
    edited = snapshot.read(
        "articles", columns=["article_id"], where=pc.field("version") > 1, having=("article_id", found)
    )
    return _joined(edited["article_id"]), looked_since


def _versions_since(snapshot: Snapshot, day: date, column: str, since: datetime) -> pa.Table:
    """Article versions that came by a day's end, of which an instant is no earlier than this one."""
    columns = ["article_id", "version_window_start"]
    came = pc.field("version_window_start") < as_instant(Window.of_day(day).end)
    return pa.concat_tables(
        snapshot.read(name, columns=columns, since=(column, since), where=came) for name in _VERSIONED
    )


def _tied_to(story_ids: Iterable[str], merges: pa.Table) -> list[str]:
    """Some stories and those of their merges."""
    merged = merges.filter(pc.equal(merges["kind"], "merge"))
    return sorted({*story_ids, *merged["from_story_id"].to_pylist(), *merged["to_story_id"].to_pylist()})


def _stored_days(snapshot: Snapshot, table: str) -> set[date]:
    return {file.day for file in snapshot.manifest.files(table) if file.day}


def _days_of(rows: pa.Table) -> set[date]:
    return set(rows["day"].unique().to_pylist())


def _among(column: str, values: pa.ChunkedArray) -> pc.Expression:
    return pc.field(column).isin(pc.unique(values))


def _joined(*ids: pa.ChunkedArray | pa.Array) -> pa.Array:
    """All of some ids, each once."""
    return pa.array(sorted({one for column in ids for one in column.to_pylist()}), pa.string())


def _once(*tables: pa.Table, key: Sequence[str]) -> pa.Table:
    """The rows of some tables, those with one key once."""
    rows = pa.concat_tables(tables)
    seen: dict[tuple[object, ...], int] = {}
    for n, row in enumerate(rows.select(list(key)).to_pylist()):
        seen.setdefault(tuple(row.values()), n)
    return rows.take(pa.array(seen.values(), pa.int64())) if len(seen) < rows.num_rows else rows
