"""Lines of hosts as the warehouse knows them: learned when a day closes, read for the pages of later days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedupe.host_lines import HostLines, find_lines, host_of, learn_lines
from pipeline.store.snapshot import Snapshot

# A day is closed after the next one has begun: the day before a page's own may still be open when its first hours are judged, and
# closed when its last ones are. What closed before that is the same for all of them.
_NEWEST = timedelta(days=2)
_OLDEST = timedelta(days=29)


def learn_day(snapshot: Snapshot, day: date) -> pa.Table:
    """What repeats on the pages of each host on a day that closes, HOST_LINES rows. Cost: the day's readings, once.

    Of a day whose readings are kept no more, what was learned of it stays.
    """
    readings = snapshot.read(
        "extractions", columns=["url", "text"], days=[day], where=pc.field("reason").is_null()
    ).select(["url", "text"])
    if readings["text"].null_count:
        return snapshot.read("host_lines", days=[day])
    return learn_lines(readings.to_pylist(), day)


def read_host_lines(snapshot: Snapshot, day: date, urls: Iterable[str | None]) -> HostLines:
    """The lines of the hosts of some URLs as of a day: a function of days that closed before it, and of no others.

    Only rows of these hosts are read, four weeks of them.
    """
    days = [closed for closed in snapshot.closed_days if day - _OLDEST <= closed <= day - _NEWEST]
    hosts = sorted({host for url in urls if (host := host_of(url))}) if days else []
    if not hosts:
        return HostLines()
    return find_lines(snapshot.read("host_lines", days=days, having=("host", pa.array(hosts, pa.string()))))
