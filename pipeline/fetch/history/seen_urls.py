"""When URLs were dealt with, in whatever source: a table of many addresses, of which few are ever looked up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.text.urls import clean_url

# A host that cleaning leaves as it is, but for its case. URLs with any other are looked through at every look-up.
_PLAIN_HOST = r"^\s*[A-Za-z]+://(?P<host>[A-Za-z0-9_.-]*[A-Za-z0-9_-])(?:[/?#]|:\d+|$)"

Times = list[tuple[datetime, datetime]]


class SeenUrls:
    """Cleaned URLs with the times at which each was captured.

    Cleaning a URL takes some 10 us, so 300,000 of them (10,000 pages a day for 30 days) would take 3 s in every fetch
    task. So they are cleaned host by host, when a URL of that host is first looked up; a task asks few hosts. What is
    left is 0.2 s to find the hosts.

    Args:
        pages: PAGES rows, at least of `requested_url`, `final_url`, `fetched_at` and `recorded_at`.
    """

    def __init__(self, pages: pa.Table) -> None:
        moved = pc.fill_null(pc.not_equal(pages["requested_url"], pages["final_url"]), True)
        parts = [_times_of(pages, "requested_url"), _times_of(pages.filter(moved), "final_url")]
        self._rows = pa.concat_tables(parts)
        found = pc.extract_regex(self._rows["url"], _PLAIN_HOST)
        self._hosts = pc.utf8_lower(pc.struct_field(found, [0])) if self._rows.num_rows else pa.nulls(0, pa.string())
        self._times: dict[str, dict[str, Times]] = {}
        self._odd: dict[str, Times] | None = None

    def times_of(self, key: str) -> Times:
        """The pairs of (recorded, captured) of a cleaned URL; empty where it was not captured."""
        if self._odd is None:
            self._odd = _by_key(self._rows.filter(pc.is_null(self._hosts)))
        host = _host_of(key)
        if host not in self._times:
            self._times[host] = _by_key(self._rows.filter(pc.equal(self._hosts, host)))
        return [*self._times[host].get(key, ()), *self._odd.get(key, ())]


def _host_of(key: str) -> str:
    """The host that a cleaned URL names; of a text that is no URL, none."""
    try:
        return urlsplit(key).hostname or ""
    except ValueError:
        return ""


def _times_of(pages: pa.Table, name: str) -> pa.Table:
    """One URL column with its times, where there is a URL."""
    rows = pages.select([name, "recorded_at", "fetched_at"]).rename_columns(["url", "recorded_at", "fetched_at"])
    return rows.filter(pc.is_valid(rows["url"]))


def _by_key(rows: pa.Table) -> dict[str, Times]:
    """Cleaned URL to its times."""
    found: dict[str, Times] = {}
    columns: Iterable[tuple[str, datetime, datetime]] = zip(
        *(rows[name].to_pylist() for name in ("url", "recorded_at", "fetched_at")), strict=True
    )
    for url, recorded_at, captured_at in columns:
        if (key := clean_url(url)) is not None:
            found.setdefault(key, []).append((recorded_at, captured_at))
    return found
