"""What a commit of articles changes: rows to hold, rows to delete, and what became of each page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.store.transaction import Transaction
from pipeline.tables import ARTICLE_HISTORY, ARTICLES, DUPLICATES, EXTRACTED, FINGERPRINTS

# What a page came to: its outcome, its article, and where it helps a reason.
Outcome = tuple[str, str, str | None]


@dataclass(slots=True, kw_only=True)
class ArticleChanges:
    """What a commit changes.

    Attributes:
        articles, history, duplicates, fingerprints: Rows to hold.
        gone: Rows to delete: for each table, the values of its key.
        outcomes: For each page of the run its outcome and, where it helps, a reason.
        placed: Pages, also of other runs, that belong to an article of the days decided.
        boilerplate: EXTRACTED rows that stand for no article, and why, by page id.
    """

    articles: pa.Table = field(default_factory=ARTICLES.empty)
    history: pa.Table = field(default_factory=ARTICLE_HISTORY.empty)
    duplicates: pa.Table = field(default_factory=DUPLICATES.empty)
    fingerprints: pa.Table = field(default_factory=FINGERPRINTS.empty)
    gone: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    outcomes: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    placed: frozenset[str] = field(default_factory=frozenset)
    boilerplate: pa.Table = field(default_factory=EXTRACTED.empty)
    boilerplate_details: dict[str, str] = field(default_factory=dict)

    def write(self, tx: Transaction) -> None:
        """Put the changes into a transaction."""
        keys = {"articles": ARTICLES, "article_history": ARTICLE_HISTORY, "duplicates": DUPLICATES}
        for name, table in (keys | {"fingerprints": FINGERPRINTS}).items():
            if rows := self.gone.get(name):
                columns = [pa.array(values) for values in zip(*rows, strict=True)]
                tx.delete(name, pa.table(columns, names=list(table.key)))
        tx.upsert("articles", self.articles)
        tx.upsert("article_history", self.history)
        tx.upsert("duplicates", self.duplicates)
        tx.upsert("fingerprints", self.fingerprints)
