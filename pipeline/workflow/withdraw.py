"""An article withdrawn: taken out of rows, digests, hand-overs and past snapshots, so that no file of the warehouse holds it.

In this order, and under one lock: digests without it are written beside the published ones; a commit takes it out of the rows and
notes the hashes of before and after; the digests take their places; hand-overs and every snapshot that held it go. Killed
anywhere, the same command goes on: what is done already is left as it is, and `verify` names what is not.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.articles.withdrawal import end_holding, find_withdrawal, take_out, where_it_stands
from pipeline.builds.stored import latest_finals
from pipeline.publish.builds import write_atom
from pipeline.publish.render import FEED_LENGTH
from pipeline.publish.withdrawn import builds_telling, put_in_place, write_beside
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.staging import discard_holding, staged_holding
from pipeline.store.transaction import Transaction
from pipeline.store.warehouse import Warehouse
from pipeline.tables import DIGEST_BUILDS, WITHDRAWALS
from pipeline.workflow.release import decision_time

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What was done.

    Attributes:
        article_ids: The article, and those with the same text.
        page_count: Pages that held them.
        build_ids: Digests that were changed, by this call or an earlier one.
        snapshots: Past snapshots that were ended.
        copies: Articles that are copies of it in other words, and stay.
        snapshot: The first that does not hold it.
    """

    article_ids: tuple[str, ...]
    page_count: int
    build_ids: tuple[str, ...]
    snapshots: tuple[int, ...]
    copies: tuple[str, ...]
    snapshot: int


def withdraw(
    settings: Settings, warehouse: Warehouse, article_id: str, *, why: str, started_at: datetime
) -> Withdrawal:
    """Withdraw an article for good; one that was withdrawn before is taken out of wherever it is found still.

    Args:
        why: Shown with it wherever it is missed.
        started_at: Wall time; the newsroom's invented days keep their own clock.
    Raises:
        UsageError: there is no such article.
    """
    now = decision_time(settings, warehouse.latest(), started_at)
    with warehouse.writing(now) as tx:
        found = find_withdrawal(tx.snapshot, article_id, why, now)
        outputs = write_beside(warehouse.root, found.rows, found.titles)
        take_out(tx, found, run_id=f"withdraw/{article_id}", now=now)
        rows = [_with_outputs(tx, row, outputs) for row in found.rows]
        tx.upsert("withdrawals", WITHDRAWALS.rows(rows))
        snapshot = tx.commit()
        ended = finish_withdrawals(warehouse, snapshot)
    return Withdrawal(
        article_ids=tuple(row["article_id"] for row in found.rows),
        page_count=len(found.pages),
        build_ids=tuple(sorted({build_id for row in rows for build_id in row["build_ids"]})),
        snapshots=tuple(ended),
        copies=found.copies,
        snapshot=snapshot.number,
    )


def finish_withdrawals(warehouse: Warehouse, snapshot: Snapshot) -> list[int]:
    """Take all that was withdrawn out of digests, hand-overs and past snapshots; only under the lock, after a commit.

    Returns:
        The snapshots that were ended.
    """
    rows = snapshot.read("withdrawals").to_pylist()
    builds = snapshot.read("digest_builds", columns=["build_id", "output_sha256"]).to_pylist()
    if put_in_place(warehouse.root, {row["build_id"]: row["output_sha256"] for row in builds}):
        write_atom(warehouse.root, latest_finals(snapshot, FEED_LENGTH))
    list(discard_holding(warehouse.root, _staged(rows)))
    for folder in (warehouse.root / "_staging").glob("*/*/build"):  # lines and headings, by no key
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(warehouse.root / "_staging" / "told", ignore_errors=True)
    return end_holding(warehouse, snapshot)


def verify_withdrawals(warehouse: Warehouse) -> list[str]:
    """Look for withdrawn articles in every snapshot, digest and hand-over.

    Returns:
        One sentence a place where something of one stands; empty when all is well.
    """
    rows = warehouse.latest().read("withdrawals").to_pylist()
    if not rows:
        return []
    again = "run `daybook article withdraw` for it again"
    found = [
        f"snapshot {number}: {', '.join(tables)} hold something of a withdrawn article; {again}"
        for number in warehouse.kept()
        if (tables := where_it_stands(warehouse.snapshot(number), rows))
    ]
    found += [
        f"build {build_id} tells something of a withdrawn article; {again}"
        for build_id in builds_telling(warehouse.root, [row["article_id"] for row in rows])
    ]
    return found + [
        f"{path} holds something of a withdrawn article; {again}"
        for path in staged_holding(warehouse.root, _staged(rows))
    ]


def _staged(rows: list[Row]) -> Mapping[str, set[str]]:
    """What tells a hand-over that holds something of withdrawn articles, by column."""
    urls = {url for row in rows for url in (*row["refused_urls"], row["url"]) if url}
    return {
        "page_id": {page for row in rows for page in row["page_ids"]},
        "article_id": {row["article_id"] for row in rows},
        "body_sha256": {body for row in rows for body in row["body_sha256s"]},
        "text_sha256": {text for row in rows for text in row["text_sha256s"]},
        "requested_url": urls,
        "final_url": urls,
        "url": urls,
    }


def _with_outputs(tx: Transaction, withdrawal: Row, outputs: Mapping[str, str]) -> Row:
    """A WITHDRAWALS row that knows the builds, whose own rows get the hash of their new files."""
    builds = {row["build_id"]: row for row in tx.snapshot.read("digest_builds").to_pylist()}
    changed = [builds[build_id] | {"output_sha256": outputs[build_id]} for build_id in outputs if build_id in builds]
    tx.upsert("digest_builds", DIGEST_BUILDS.rows(changed))
    before = dict(zip(withdrawal["build_ids"], withdrawal["outputs_before"], strict=True))
    after = dict(zip(withdrawal["build_ids"], withdrawal["outputs_after"], strict=True))
    for build_id, output in outputs.items():
        before.setdefault(build_id, builds[build_id]["output_sha256"] if build_id in builds else "")
        after[build_id] = output
    ids = sorted(before)
    return withdrawal | {
        "build_ids": ids,
        "outputs_before": [before[build_id] for build_id in ids],
        "outputs_after": [after[build_id] for build_id in ids],
    }
