"""What a build decided, sentence by sentence: built again from what was recorded when it was built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.builds.current import builds_of, current_build
from pipeline.builds.inputs import read_inputs
from pipeline.builds.recall import read_from
from pipeline.digest.build import build_digest
from pipeline.digest.draft import Copy
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.trace import OUTCOMES, Neighbour, SentenceOutcome
from pipeline.explain.layout import paragraph, quoted, short_id
from pipeline.explain.rows import Facts
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse

_FACTORS = {
    "novelty": "novelty and new names",
    "standing_alone": "standing alone",
    "on_topic": "on topic",
    "confirmed": "confirmed by origins",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTrace:
    """What became of every fresh sentence of one day.

    Attributes:
        build: The build that stands for the day.
        inputs: What it was made of.
        decisions: All of them.
        copies: Copies that carry a line's words too, by the line's id.
        is_same: Whether the build comes out the same now; where settings or code have changed it may not.
    """

    build: Facts
    inputs: DigestInputs
    decisions: list[SentenceOutcome]
    copies: dict[str, list[Copy]]
    is_same: bool

    @property
    def caveat(self) -> str | None:
        """What to know before believing it; None where the build comes out the same."""
        if self.is_same:
            return None
        return f"settings, code or what is recorded have changed since build {short_id(self.build['build_id'])}: told as it would go now"


def trace_day(warehouse: Warehouse, settings: Settings, day: date) -> DayTrace | None:
    """Build a day again and keep the reasons; None where the day has no digest yet."""
    row = current_build(builds_of(warehouse.latest(), day))
    if row is None:
        return None
    status = "provisional" if row["status"] == "provisional" else "final"
    inputs = read_inputs(
        read_from(warehouse, row), day, status=status, as_of=row["built_at"], missing_windows=row["missing_windows"]
    )
    trace: list[SentenceOutcome] = []
    draft = build_digest(inputs, settings, now=row["built_at"], trace=trace)
    copies: dict[str, list[Copy]] = {}
    for copy in draft.copies:
        copies.setdefault(copy.development_id, []).append(copy)
    is_same = draft.build_id == row["build_id"]
    return DayTrace(build=row, inputs=inputs, decisions=trace, copies=copies, is_same=is_same)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What names the sentences of a build: publishers by article id, and lines of earlier digests by their text."""

    publishers: Mapping[str, str | None]
    lines: Mapping[str, tuple[date, str]]

    @classmethod
    def of(cls, inputs: DigestInputs) -> Named:
        """What went into a build."""
        earlier = inputs.earlier_lines.sort_by([("digest_date", "ascending"), ("development_id", "ascending")])
        return cls(
            publishers={v["article_id"]: v["publisher"] for v in inputs.versions.drop_columns(["text"]).to_pylist()},
            lines={row["text"]: (row["digest_date"], row["development_id"]) for row in earlier.to_pylist()},
        )


def outcome_facts(decision: SentenceOutcome, names: Named) -> Facts:
    """A decision as facts, with names."""
    return {
        "article_id": decision.article_id,
        "version": decision.version,
        "publisher": names.publishers.get(decision.article_id),
        "story_id": decision.story_id,
        "char_start": decision.start,
        "char_end": decision.end,
        "text": decision.text,
        "outcome": decision.outcome,
        "means": OUTCOMES[decision.outcome],
        "detail": decision.detail,
        "score": decision.score,
        "best_score": decision.best_score,
        "bound": decision.bound,
        "factors": dict(decision.factors) if decision.factors else None,
        "earlier": _near_facts(decision.earlier, names),
        "rival": _near_facts(decision.rival, names),
    }


def _near_facts(near: Neighbour | None, names: Named) -> Facts | None:
    """A near sentence as facts; `digest_date` and `development_id` where it is a line of an earlier digest."""
    if near is None:
        return None
    digest_date, line_id = names.lines.get(near.text, (None, None)) if near.article_id is None else (None, None)
    return {
        "text": near.text,
        "similarity": near.similarity,
        "article_id": near.article_id,
        "version": near.version,
        "publisher": names.publishers.get(near.article_id or ""),
        "digest_date": digest_date,
        "development_id": line_id,
    }


def outcome_lines(facts: Facts, *, indent: int = 2) -> list[str]:
    """A sentence and its outcome, as a page tells it; the first line is the sentence."""
    why = f"{facts['means']}{': ' + facts['detail'] if facts['detail'] else ''}"
    lines = paragraph(quoted(facts["text"], 160), indent=indent)
    lines += paragraph(why, indent=indent + 4)
    rival = facts["rival"] or (facts["earlier"] if facts["outcome"] == "said-before" else None)
    if rival and rival["text"] == facts["text"]:
        lines += paragraph(f"word for word in {source_of(rival)}", indent=indent + 4)
    elif rival:
        lines += paragraph(f"{source_of(rival)}: {quoted(rival['text'], 160)}", indent=indent + 4)
    return lines


def source_of(near: Facts) -> str:
    """Whose sentence a near one is."""
    if near["article_id"] is None:
        return f"the digest of {near['digest_date']} [{short_id(near['development_id'])}]"
    return f"{near['publisher'] or 'unknown publisher'} [{short_id(near['article_id'])}]"


def score_text(facts: Facts) -> str:
    """A score and its factors in one line."""
    if facts["score"] is None:
        return "none"
    factors: dict[str, Any] = facts["factors"] or {}
    product = " x ".join(f"{_FACTORS.get(name, name)} {value:.2f}" for name, value in factors.items())
    if facts["outcome"] == "said-before":
        return f"out of the race, whatever its factors: {product}"
    best = f"the story's best {facts['best_score']:.3f}, least for a line {facts['bound']:.3f}"
    return f"{facts['score']:.3f} = {product}; {best}"
