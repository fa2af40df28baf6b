"""Doubt all that a source brought where more of it was refused than is usual of that source."""

from __future__ import annotations

from dataclasses import dataclass

# What its rows in quality_metrics are found by.
SUITE_OF_GATES = "sources"
METRIC = "set_gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGate:
    """What one source's pages of a batch are held against as a set.

    Attributes:
        refused_before: How many of its pages earlier rooms refused.
        limit: Share of its pages, in [0, 1], of which more may not be refused; None where they are too few to be doubted.
        passed_by: Why a person passes it, should it trip; None where nobody does.
    """

    refused_before: int = 0
    limit: float | None = None
    passed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a gate found. `row_count` counts all pages of the source that came, `refused_count` what any room refused."""

    source_id: str
    row_count: int
    refused_count: int
    limit: float | None

    @property
    def share(self) -> float:
        """The refused among all."""
        return self.refused_count / self.row_count

    @property
    def trips(self) -> bool:
        """Whether more is refused than may be."""
        return self.limit is not None and self.share > self.limit

    def __str__(self) -> str:
        return (
            f"{self.refused_count} of {self.row_count} pages of {self.source_id} ({self.share:.0%}) were refused, "
            f"more than the {self.limit or 0:.0%} that may be"
        )


def limit_of(usual: float, max_refused: float) -> float:
    """The most that may be refused: so much of what usually passes, on top of what usually does not.

    Example:
        >>> limit_of(0.0, 0.5), limit_of(0.6, 0.5)
        (0.5, 0.8)
    """
    return usual + (1 - usual) * max_refused
