"""Which articles give no line: all kinds but news and live, and what was published long before its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pipeline.reasons import TELLING_KINDS


def silence_of(version: Mapping[str, Any], *, stale_hours: int) -> str | None:
    """Why an article version founds and confirms no line; None where it may. It still counts among its story's articles.

    Args:
        version: content_kind, published_at and day of the version.
        stale_hours: What was published so many hours before the start of its day is stale (DAYBOOK_STALE_HOURS, 48).
    Returns:
        Its content kind, or "stale".
    """
    if version["content_kind"] not in TELLING_KINDS:
        return str(version["content_kind"])
    published, arrived = version["published_at"], datetime.combine(version["day"], time(), UTC)
    return "stale" if published is not None and published < arrived - timedelta(hours=stale_hours) else None
