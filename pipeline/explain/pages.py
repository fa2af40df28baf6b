"""A stored page, read again as extraction reads it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

import pyarrow.compute as pc

from pipeline.extract.batch import page_of
from pipeline.extract.isolated import extract_each
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is not stored of a page's reading: what cleaning took out, and the URL that the page declares."""

    extractor_version: str
    text_sha256: str
    removed: tuple[tuple[str, str], ...]
    declared_url: str | None


def read_again(snapshot: Snapshot, settings: Settings, page_id: str, day: date, *, is_released: bool) -> Reading | None:
    """Read a stored page once more, in a process that can be killed; None where it is not kept or gives no article."""
    rows = snapshot.read("pages", days=[day], where=pc.field("page_id") == page_id).to_pylist()
    if not rows:
        return None
    page = replace(page_of(rows[0]), is_released=is_released)
    (found,) = extract_each([page], workers=1, timeout_seconds=settings.extract_timeout_seconds)
    if found.reason:
        return None
    return Reading(
        extractor_version=EXTRACTOR_VERSION,
        text_sha256=hashlib.sha256(found.text.encode()).hexdigest(),
        removed=found.removed,
        declared_url=found.declared_url,
    )
