"""Pages to articles without a warehouse: what `daybook extract` does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.identities import settle_identities
from pipeline.errors import InputError
from pipeline.extract.batch import extract_pages
from pipeline.fetch.files.paths import read_paths
from pipeline.settings import Settings
from pipeline.text.controls import escape_bytes

_FIELDS = (
    "url", "title", "authors", "published_at", "published_at_source", "language", "text", "content_kind", "kind_evidence", "section",
    "keywords", "standfirst", "reason",
)  # fmt: skip
_LISTS = ("authors", "keywords", "kind_evidence")


def extract_paths(
    paths: Sequence[Path],
    out: Path,
    *,
    settings: Settings,
    now: datetime,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, int]:
    """Extract every page of files, folders and archives into JSON lines, one a page.

    Args:
        paths: html, html.gz, txt and warc.gz files, or folders of them.
        out: Written as a whole or not at all.
        say: Told how far it is.
    Returns:
        `pages`, `articles` and `refused`.
    Raises:
        InputError: a path cannot be read, or `out` cannot be written.
    """
    if out.exists() and not out.is_file():
        raise InputError(f"cannot write {out}: it is no plain file; name one with --out")
    out = out.resolve()
    seen: Counter[str] = Counter()
    counts = {"pages": 0, "articles": 0, "refused": 0}
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            for ids, pages in read_paths(paths, now=now):
                extracted = extract_pages(
                    pages,
                    workers=settings.extract_workers,
                    timeout_seconds=settings.extract_timeout_seconds,
                    publishers={},
                )
                for id_, row in zip(ids, _settled(extracted), strict=True):
                    seen[id_] += 1
                    name = id_ if seen[id_] == 1 else f"{id_}~{seen[id_]}"  # one name in two folders
                    file.write(json.dumps({"id": escape_bytes(name)} | _answer(row), ensure_ascii=False) + "\n")
                    counts["refused" if row["reason"] else "articles"] += 1
                counts["pages"] += pages.num_rows
                say(f"{counts['pages']} pages")
        unfinished.replace(out)
    except OSError as error:
        raise InputError(
            f"cannot write {out}: {error.strerror}; name a file in a folder that can be written"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def _settled(extracted: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows in order, what a template declares undone where pages of one batch give it away."""
    refused = pc.is_valid(extracted["reason"])
    settled = iter(settle_identities(extracted.filter(pc.invert(refused))).to_pylist())
    for row in extracted.to_pylist():
        yield row if row["reason"] else next(settled)


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of one line, instants as ISO 8601."""
    answer = {name: row[name] for name in _FIELDS}
    if answer["published_at"] is not None:
        answer["published_at"] = answer["published_at"].isoformat()
    return answer | {name: answer[name] or [] for name in _LISTS}
