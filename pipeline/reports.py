"""What a stage says of its work: the seven counts, by source, and the proof that they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.errors import BooksUnbalanced

OUTCOMES = ("new", "updated", "unchanged", "duplicates", "quarantined", "failed")


@dataclass(slots=True, kw_only=True)
class Counts:
    """One source's pages in one stage. `new` also counts what a stage hands on unjudged.

    received = new + updated + unchanged + duplicates + quarantined + failed, always.
    """

    received: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    quarantined: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def settled(self) -> int:
        """How many of the received have an outcome."""
        return sum(getattr(self, outcome) for outcome in OUTCOMES)

    def add(self, other: Counts) -> None:
        """Add another source's counts to these."""
        for name in ("received", *OUTCOMES):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons.update(other.reasons)


@dataclass(slots=True, kw_only=True)
class StageReport:
    """The books of one stage of one run.

    `unit` is what is counted: listed URLs in fetch, articles in load_stories, else pages.
    """

    stage: str
    unit: str = "pages"
    sources: dict[str, Counts] = field(default_factory=dict)

    def of(self, source_id: str) -> Counts:
        """The counts of one source, made on first use."""
        return self.sources.setdefault(source_id, Counts())

    def receive(self, source_ids: Iterable[str]) -> None:
        """Count what came in, one source id for each row."""
        for source_id, count in Counter(source_ids).items():
            self.of(source_id).received += count

    def settle(self, outcome: str, source_ids: Iterable[str], reasons: Iterable[str] = ()) -> None:
        """Count an outcome, one source id for each row; reasons, where given, run in step with them."""
        ids = list(source_ids)
        for source_id, count in Counter(ids).items():
            counts = self.of(source_id)
            setattr(counts, outcome, getattr(counts, outcome) + count)
        for source_id, reason in zip(ids, reasons, strict=False):
            self.of(source_id).reasons[reason] += 1

    @property
    def total(self) -> Counts:
        """All sources together."""
        total = Counts()
        for counts in self.sources.values():
            total.add(counts)
        return total

    def check(self) -> None:
        """Prove that every received row has exactly one outcome.

        Raises:
            BooksUnbalanced: naming the stage, the source and the numbers.
        """
        for source_id, counts in sorted(self.sources.items()):
            if counts.received != counts.settled:
                raise BooksUnbalanced(
                    f"stage {self.stage}, source {source_id}: received {counts.received} but settled {counts.settled} "
                    f"({self.describe(counts)}); rows were lost or doubled, nothing was committed"
                )

    def merge(self, other: StageReport) -> None:
        """Add the books of another part of the same stage."""
        for source_id, counts in other.sources.items():
            self.of(source_id).add(counts)

    @staticmethod
    def describe(counts: Counts) -> str:
        """The outcomes that happened, e.g. `new=4 quarantined=1 (no-text=1)`."""
        parts = [f"{name}={getattr(counts, name)}" for name in OUTCOMES if getattr(counts, name)]
        if counts.reasons:
            parts.append("(" + " ".join(f"{reason}={n}" for reason, n in sorted(counts.reasons.items())) + ")")
        return " ".join(parts) or "nothing"

    def line(self, window: object) -> str:
        """The one log line of a stage."""
        total = self.total
        return f"stage={self.stage} window={window} received={total.received} {self.describe(total)}"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form, for XCom and asset events."""
        return {
            "stage": self.stage,
            "unit": self.unit,
            "sources": {k: {**asdict(v), "reasons": dict(v.reasons)} for k, v in sorted(self.sources.items())},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StageReport:
        """Read back what `to_dict` gave."""
        sources = {k: Counts(**{**v, "reasons": Counter(v["reasons"])}) for k, v in data["sources"].items()}
        return cls(stage=data["stage"], unit=data["unit"], sources=sources)


def check_handover(earlier: StageReport, later: StageReport) -> None:
    """Prove that what left one stage entered the next, source by source.

    Raises:
        BooksUnbalanced: naming both stages, the source and the numbers.
    """
    for source_id in sorted({*earlier.sources, *later.sources}):
        left = earlier.sources.get(source_id, Counts()).new
        entered = later.sources.get(source_id, Counts()).received
        if left != entered:
            raise BooksUnbalanced(
                f"{left} pages of source {source_id} left stage {earlier.stage} but {entered} entered {later.stage}; "
                "rows were lost or doubled, nothing was committed"
            )
