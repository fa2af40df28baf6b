"""Articles of closed days that stand in no story of a closed day: they came too late, and the next open day takes them.

Whatever is found is kept in `index/unplaced.json`, with the files that were looked through: a file never changes, and from the
close of a day on its placings are only added to. So the next time only new files are looked through, and what was unplaced.
Where that does not hold (a day was opened again, an older snapshot was made the current one) all is looked through anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.files import make_folders
from pipeline.store.snapshot import Snapshot
from pipeline.tables.rows import rows_without

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """What was found.

    Attributes:
        article_ids: The unplaced articles, copies left out.
        files: Files of closed days' articles that hold no other unplaced article.
        closed: The days that were closed.
        placing_count: How many placings those days had at least.
    """

    article_ids: Sequence[str] = ()
    files: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    placing_count: int = 0


def find_unplaced(snapshot: Snapshot) -> Unplaced:
    """Find the unplaced articles of a snapshot's closed days."""
    known = _stored(_path(snapshot.path.parent.parent))
    closed = {day.isoformat() for day in snapshot.closed_days}
    if not (known.closed <= closed and _count_placings(snapshot, known.closed) >= known.placing_count):
        known = Unplaced()
    files = {file.path for file in snapshot.manifest.files("articles") if file.day in snapshot.closed_days}
    canonical = pc.field("duplicate_of").is_null()
    columns = ["article_id"]
    fresh = snapshot.read(
        "articles", columns=columns, where=canonical, days=snapshot.closed_days, files=files - known.files
    )
    still = snapshot.read(
        "articles",
        columns=columns,
        where=canonical,
        days=snapshot.closed_days,
        having=("article_id", pa.array(known.article_ids, pa.string())),
    )
    both = pa.concat_tables([fresh, still])
    placed = snapshot.read(
        "story_articles", columns=columns, days=snapshot.closed_days, having=("article_id", both["article_id"])
    )
    unplaced = pc.unique(rows_without(both, "article_id", placed["article_id"])["article_id"])
    return Unplaced(
        article_ids=sorted(unplaced.to_pylist()),
        files=frozenset(files),
        closed=frozenset(closed),
        placing_count=_count_placings(snapshot, closed),
    )


def keep_unplaced(root: Path, found: Unplaced) -> None:
    """Write down what was found; the caller holds the lock. Where that cannot be done, it is found anew the next time."""
    path = _path(root)
    document = {
        "format": _FORMAT,
        "article_ids": list(found.article_ids),
        "files": sorted(found.files),
        "closed": sorted(found.closed),
        "placing_count": found.placing_count,
    }
    with suppress(OSError):
        make_folders(path.parent)
        unfinished = path.with_name(f".{path.name}")
        unfinished.write_text(json.dumps(document) + "\n")
        unfinished.replace(path)


def _path(root: Path) -> Path:
    return root / "index" / "unplaced.json"


def _stored(path: Path) -> Unplaced:
    """What was written down; nothing where that is missing or damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document: dict[str, Any] = json.loads(path.read_bytes())
        if document["format"] == _FORMAT:
            return Unplaced(
                article_ids=document["article_ids"],
                files=frozenset(document["files"]),
                closed=frozenset(document["closed"]),
                placing_count=document["placing_count"],
            )
    return Unplaced()


def _count_placings(snapshot: Snapshot, days: frozenset[str] | set[str]) -> int:
    """Rows of story_articles on some days, by the manifest."""
    return sum(f.rows for f in snapshot.manifest.files("story_articles") if f.day and f.day.isoformat() in days)
