"""What gives no line is listed all the same: each day's digest names what was kept, what it is, and by which signs."""

from __future__ import annotations

import json
from collections import defaultdict

from newsroom import DAYS
from tests.played import Play


def test_each_day_lists_what_it_kept_without_a_line_once(play: Play) -> None:
    kept = defaultdict(set)
    for row in play.rows("articles"):
        if row["content_kind"] not in ("news", "live") and row["duplicate_of"] is None:
            kept[row["day"]].add((row["article_id"], row["content_kind"]))
    assert {kind for rows in kept.values() for _, kind in rows} >= {"opinion"}
    for day in DAYS:
        folder = play.root / "digests" / str(day)
        told = json.loads((folder / "digest.json").read_text())["withheld"]
        assert {(row["article_id"], row["kind"]) for row in told} == kept[day]
        assert len(told) == len(kept[day])
        assert all(row["evidence"] for row in told)
        page = (folder / "digest.html").read_text()
        assert ("kept without a line" in page) == bool(told)
        assert ('id="opinion"' in page) == any(row["kind"] == "opinion" for row in told)
