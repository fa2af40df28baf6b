"""What is held for a person, as one question: by reason and source, with samples, what a set gate holds first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from pipeline.explain.layout import count, short
from pipeline.explain.quarantine import unique_chars
from pipeline.explain.rows import Facts, records
from pipeline.reasons import Reason
from pipeline.runs.gaps import ANSWER
from pipeline.store.snapshot import Snapshot
from pipeline.text.controls import one_line

DAYS = 30  # what nobody decided of within so long is no news any more; it is still found by its id
MOST_GROUPS = 40
SAMPLES = 3
_SAMPLE_CHARS = 110

_GROUPS = """
SELECT q.reason, q.source_id, count(*) AS pages, min(q.day) AS first_day, max(q.day) AS last_day,
       max(q.recorded_at) AS recorded_at,
       arg_max({id: q.quarantine_id, detail: q.detail,
                what: coalesce(json_extract_string(q.record_json, '$.title'), json_extract_string(q.record_json, '$.listed_title')),
                url: coalesce(json_extract_string(q.record_json, '$.url'), json_extract_string(q.record_json, '$.file'))},
               (q.day, q.quarantine_id), $samples) AS samples
FROM quarantine q WHERE q.status = 'held' AND q.reason <> 'withdrawn'
GROUP BY q.reason, q.source_id ORDER BY q.reason = 'set-gate' DESC, pages DESC, q.reason, q.source_id
"""


def held_groups(snapshot: Snapshot) -> list[Facts]:
    """What is held of the last stored days, one entry a reason and source.

    Returns:
        `label` (what a person chooses it by), `reason`, `source_id`, `pages`, `first_day`, `last_day`, `recorded_at` (of the latest) and
        `samples` (`id`, `what`, `url` and `detail` of the latest); what a set gate holds first, then the most pages.
    """
    last = max((file.day for file in snapshot.manifest.files("quarantine") if file.day), default=None)
    if last is None:
        return []
    days = [last - timedelta(n) for n in range(DAYS)]
    with snapshot.connect(tables=("quarantine",), days=days) as connection:
        groups = records(connection, _GROUPS, samples=SAMPLES)
    return [{"label": label_of(group["reason"], group["source_id"]), **group} for group in groups]


def label_of(reason: str, source_id: str) -> str:
    """What a group is called.

    Example:
        >>> label_of("too-short", "courier")
        'too-short of courier'
    """
    return f"{reason} of {source_id}"


def answered_at(snapshot: Snapshot) -> datetime | None:
    """When a person last answered such a question; None where nobody did."""
    runs = snapshot.read("runs", columns=["recorded_at"], where=pc.field("dag_id") == ANSWER)
    found: datetime | None = pc.max(runs["recorded_at"]).as_py()
    return found


def question_text(groups: Sequence[Facts]) -> str:
    """The question as Markdown: a line a group, and samples below; what strangers wrote stands as code."""
    shown = groups[:MOST_GROUPS]
    length = unique_chars([str(sample["id"]) for group in shown for sample in group["samples"]])
    parts = ["| held | pages | days |\n|---|---|---|\n" + "\n".join(_row(group) for group in shown)]
    if len(groups) > len(shown):
        parts.append(
            f"And {count(len(groups) - len(shown), 'smaller group')}: *Search* → *Refused pages* has them all."
        )
    if any(group["reason"] == Reason.SET_GATE for group in groups):
        parts.append(
            "**Does the set gate stand?** It holds all that a source brought in a window, for much more of it was refused than is"
            " usual. *Release* passes it: pages with no objection of their own become articles, the others stay held for that."
        )
    parts += [
        f"**{_bold(group['label'])}**\n\n" + "\n".join(_sample(s, length) for s in group["samples"]) for group in shown
    ]
    return "\n\n".join(parts)


def _row(group: Facts) -> str:
    days = str(group["first_day"])
    if group["last_day"] != group["first_day"]:
        days += f" to {group['last_day']}"
    return f"| {_code(group['label'])} | {group['pages']} | {days} |"


def _sample(sample: dict[str, Any], length: int) -> str:
    """A page in one item: the start of its id, then what is known of it."""
    told = [sample["what"], sample["url"], sample["detail"]]
    return " ".join(
        [f"- {_code(str(sample['id'])[:length])}", *(_code(short(text, _SAMPLE_CHARS)) for text in told if text)]
    )


def _bold(label: str) -> str:
    """A label as words; ids and reasons hold nothing else."""
    return re.sub(r"[^\w.-]+", " ", label)


def _code(text: str) -> str:
    """A text as it is, on one line, with nothing in it that Markdown reads."""
    return f"`{one_line(text).replace('`', chr(39)).replace('|', '¦')}`"
