"""What is wrong, judged from how things stand: a pure function, the one place that says what is worth a notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from pipeline.explain.layout import count
from pipeline.explain.standing import Refusals, Standing
from pipeline.settings import Settings

Severity = Literal["critical", "warning"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning")

# A person who looks after Daybook misses a night now and then; two are a fault.
UPKEEP_EVERY = timedelta(hours=50)
# Fewer pages or articles say nothing of a source.
LEAST_PAGES = 5
MOST_REFUSED = 0.5
MOST_ODD_DATES = 0.8
# With so much of them failing it is the network or the machine, and no digest is whole.
CRITICAL_SHARE = 0.5
CRITICAL_DISK_DAYS = 2
_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is wrong.

    Attributes:
        key: What it is, by which it is known again and silenced: `sources-failed`, `gate/courier`, `run/news_digest`.
        severity: critical (the digest, the data or the pipeline suffer) or warning (a part of what should come does not).
        what: What is the matter, in a sentence.
        do: What to do, in a sentence.
    """

    key: str
    severity: Severity
    what: str
    do: str


def judge(standing: Standing, settings: Settings) -> list[Condition]:
    """Say what is wrong, the critical first; nothing where all is well.

    A source that failed, is held or refused is not told of as silent as well, and one that a gate holds not as refused.
    """
    found = [*_of_time(standing, settings), *_of_sources(standing, settings), *_of_house(standing, settings)]
    return sorted(found, key=lambda condition: SEVERITIES.index(condition.severity))


def unreadable(error: Exception) -> Condition:
    """The warehouse itself cannot be read."""
    return Condition(
        key="warehouse", severity="critical", what=f"the warehouse cannot be read: {error}",
        do="run `daybook warehouse verify`",
    )  # fmt: skip


def failed_run(dag_id: str, why: str) -> Condition:
    """A run that ended red."""
    return Condition(
        key=f"run/{dag_id}", severity="critical", what=f"{dag_id} failed: {why}",
        do="the DAG's manual says what each red task means; mend the cause and clear the task",
    )  # fmt: skip


def _of_time(standing: Standing, settings: Settings) -> Iterator[Condition]:
    """Hours and digests that should be there by now."""
    if standing.first_day is None or not standing.asked:
        return
    late = timedelta(hours=settings.ingest_late_hours)
    if standing.last_hour_at is None or standing.at - standing.last_hour_at > late:
        last = (
            f"the last hour that is done ended {standing.last_hour_at:%Y-%m-%d %H:%M} UTC"
            if standing.last_hour_at
            else "no hour was done for a week"
        )
        yield Condition(
            key="ingest-late", severity="critical", what=f"ingest is late: {last}",
            do="see the runs of news_ingest: queued, paused, red, or is the scheduler away?",
        )  # fmt: skip
    if standing.unclustered_since is not None and standing.at - standing.unclustered_since > late:
        yield Condition(
            key="stories-late", severity="critical",
            what=f"no stories came of what was loaded at {standing.unclustered_since:%Y-%m-%d %H:%M} UTC",
            do="see the runs of news_stories: paused, red or never begun; trigger it with the hour as partition key",
        )  # fmt: skip
    due = datetime.combine(standing.at.date(), time(settings.digest_due_hour), UTC)
    if standing.at >= due and not standing.has_digest and standing.first_day <= standing.digest_day:
        yield Condition(
            key="digest-late", severity="critical",
            what=f"the digest of {standing.digest_day} is not there; it was due at {due:%H:%M} UTC",
            do="see the run of news_digest for that day, or trigger it with the day as partition key",
        )  # fmt: skip


def _of_sources(standing: Standing, settings: Settings) -> Iterator[Condition]:
    """Sources that fail, are silent, refused, held or oddly dated."""
    failing = {name: standing.failing[name] for name in standing.asked if name in standing.failing}
    share = len(failing) / len(standing.asked) if standing.asked else 0.0
    if failing and share > settings.failed_share:
        yield Condition(
            key="sources-failed", severity="critical" if share >= CRITICAL_SHARE else "warning",
            what=f"{len(failing)} of {len(standing.asked)} sources fail: {_named(failing)}",
            do="`daybook sources test ID` asks one now; if many fail alike, look at this machine's network",
        )  # fmt: skip
    for name, pages in sorted(standing.gated.items()):
        yield Condition(
            key=f"gate/{name}", severity="warning",
            what=f"the set gate holds {count(pages, 'page')} of {name}: much more was refused than is usual",
            do=f"`daybook quarantine list --source {name}`: a consent wall or a changed site is the usual cause",
        )  # fmt: skip
    refused = {name: one for name, one in standing.refused.items() if _is_many(one) and name not in standing.gated}
    for name, refusals in sorted(refused.items()):
        detail = f" ({refusals.detail})" if refusals.detail else ""
        yield Condition(
            key=f"refused/{name}", severity="warning",
            what=f"{refusals.refused} of {count(refusals.pages, 'page')} of {name} were refused,"
            f" most as {refusals.reason}{detail}",
            do=f"`daybook quarantine list --source {name}`",
        )  # fmt: skip
    for name, (brought, usual) in sorted(standing.silent.items()):
        if name not in failing and name not in standing.gated and name not in refused:
            yield Condition(
                key=f"silent/{name}", severity="warning",
                what=f"{name} brought {count(brought, 'article')} on {standing.digest_day}, usually {usual}",
                do=f"`daybook sources test {name}` shows what it lists now",
            )  # fmt: skip
    for name, (odd, articles) in sorted(standing.odd_dates.items()):
        if articles >= LEAST_PAGES and odd >= MOST_ODD_DATES * articles:
            yield Condition(
                key=f"dates/{name}", severity="warning",
                what=f"{odd} of {count(articles, 'article')} of {name} have no date or an old one, and give no line",
                do=f"`daybook sources test {name}` shows the dates of listing and page",
            )  # fmt: skip
    if standing.unread:
        yield Condition(
            key="unread", severity="warning",
            what=f"pages that the extractor did not survive: {_named(standing.unread)}",
            do="`daybook quarantine list --stage extract`; their neighbours were read",
        )  # fmt: skip


def _is_many(refusals: Refusals) -> bool:
    """Whether more was refused of a source than it should be, and enough to say so."""
    return refusals.pages >= LEAST_PAGES and refusals.refused > MOST_REFUSED * refusals.pages


def _of_house(standing: Standing, settings: Settings) -> Iterator[Condition]:
    """Books, upkeep and disk."""
    if standing.unbalanced:
        yield Condition(
            key="books", severity="critical",
            what=f"the books of {count(len(standing.unbalanced), 'run')} do not balance: {standing.unbalanced[0]}",
            do="that is a bug: keep the log, and run `daybook warehouse verify`",
        )  # fmt: skip
    since = standing.upkeep_at or (datetime.combine(standing.first_day, time(), UTC) if standing.first_day else None)
    if since is not None and standing.at - since > UPKEEP_EVERY:
        done = f"was last done {standing.upkeep_at:%Y-%m-%d %H:%M} UTC" if standing.upkeep_at else "was never done"
        yield Condition(
            key="upkeep-late", severity="warning", what=f"upkeep {done}",
            do="see the runs of news_upkeep, or `daybook warehouse expire` and `gc`",
        )  # fmt: skip
    days = standing.free_bytes / standing.bytes_a_day if standing.bytes_a_day else float("inf")
    if days < settings.disk_free_days:
        yield Condition(
            key="disk", severity="critical" if days < CRITICAL_DISK_DAYS else "warning",
            what=f"the disk has {standing.free_bytes / 1e9:.1f} GB left, room for {days:.0f} days at"
            f" {standing.bytes_a_day / 1e6:.0f} MB a day",
            do="make room: `daybook warehouse expire` and `gc`, or a larger disk",
        )  # fmt: skip


def _named(told: Mapping[str, object]) -> str:
    """The first names, each with what is told of it."""
    names = [f"{name} ({what})" for name, what in sorted(told.items())]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
