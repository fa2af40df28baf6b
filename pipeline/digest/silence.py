"""Which articles give no line: all kinds but news and live, and what was published long before its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pipeline.reasons import TELLING_KINDS

STALE = "stale"
# An edit that is found so long after publication was made nobody knows when: an archive may hold a page twice, a year apart.
_LATE_EDIT = timedelta(days=31)


def silence_of(version: Mapping[str, Any], *, stale_hours: int) -> str | None:
    """Why an article version founds and confirms no line; None where it may. It still counts among its story's articles.

    Args:
        version: content_kind, published_at, day and version_day of the version.
        stale_hours: What was published so many hours before the start of its day is stale (DAYBOOK_STALE_HOURS, 48).
    Returns:
        Its content kind, or "stale".
    """
    if version["content_kind"] not in TELLING_KINDS:
        return str(version["content_kind"])
    published, most = version["published_at"], timedelta(hours=stale_hours)
    if published is None:
        return None
    arrived, changed = (datetime.combine(version[name], time(), UTC) for name in ("day", "version_day"))
    is_stale = published < arrived - most or published < changed - max(most, _LATE_EDIT)
    return STALE if is_stale else None
