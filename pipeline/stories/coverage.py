"""What can be said of each story at the end of a day: its counts so far and its headline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pyarrow as pa

from pipeline.stories.state import Member
from pipeline.tables.rows import instant_of

Row = dict[str, object]


def describe_stories(
    day: date,
    members: Iterable[Member],
    merged: Mapping[str, list[Member]],
    copies: pa.Table,
    languages: Mapping[str, str | None],
    centrality: Mapping[str, float],
    quiet_days: int,
) -> list[Row]:
    """Describe the stories with articles on this day, those merged on it, and those that fell quiet a short while ago.

    Args:
        day: The day.
        members: All articles where they stand at the day's end.
        merged: The stories merged away on this day, each with the articles it had.
        copies: Copies of any articles (COPY_COLUMNS); they follow the canonical one.
        languages: Language of each article within the memory.
        centrality: How near an article is to its story's centre; articles beyond the memory are missing.
        quiet_days: How many days without articles a story is still listed for.
    Returns:
        STORY_DAYS rows without day and recorded_at, by story_id.
    """
    groups: dict[str, list[Member]] = {}
    for member in members:
        groups.setdefault(member.story_id or "", []).append(member)
    stated = {story_id: ("merged", group) for story_id, group in merged.items()}
    for story_id, group in groups.items():
        last = max(member.day for member in group)
        if last >= day - timedelta(days=quiet_days):
            stated[story_id] = ("active" if last == day else "quiet", group)
    publishers = _publishers_of_copies(copies)
    return [
        {
            "story_id": story_id,
            "headline": _headline(group, centrality),
            "status": status,
            "language": next((languages[m.article_id] for m in group if m.article_id in languages), None),
            **_counts(group, publishers),
        }
        for story_id, (status, group) in sorted(stated.items())
    ]


def _counts(members: list[Member], copies: Mapping[str, list[str | None]]) -> Row:
    """What can be counted of a story; `copies` holds the publishers of each article's copies."""
    own = [member.publisher for member in members]
    copied = [publisher for member in members for publisher in copies.get(member.article_id, [])]
    return {
        "event_count": len({member.event_id for member in members}),
        "article_count": len(own) + len(copied),
        "publisher_count": count_publishers([*own, *copied]),
        "origin_count": count_publishers(own),
        "first_seen_at": instant_of(min(member.seen_at for member in members)),
        "last_seen_at": instant_of(max(member.seen_at for member in members)),
    }


def count_publishers(publishers: Iterable[str | None]) -> int:
    """How many publishers these are; an unknown one counts as its own each time.

    Example:
        >>> count_publishers(["a", "a", "b", None, None])
        4
    """
    listed = list(publishers)
    return len({publisher for publisher in listed if publisher is not None}) + listed.count(None)


def _publishers_of_copies(copies: pa.Table) -> dict[str, list[str | None]]:
    """The publishers of the copies of each canonical article."""
    found: dict[str, list[str | None]] = {}
    for canonical_id, publisher in zip(
        copies["duplicate_of"].to_pylist(), copies["publisher"].to_pylist(), strict=True
    ):
        found.setdefault(canonical_id, []).append(publisher)
    return found


def _headline(members: list[Member], centrality: Mapping[str, float]) -> str | None:
    """The title of the titled article nearest to the centre; the earliest of those that are equally near."""
    titled = [member for member in members if member.title]
    best = min(titled, key=lambda m: (-centrality.get(m.article_id, -1.0), m.time, m.article_id), default=None)
    return best.title if best else None
