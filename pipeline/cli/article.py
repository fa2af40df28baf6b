"""Commands about one article."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, article_app, show, stored_warehouse
from pipeline.errors import UsageError


@article_app.callback()
def article() -> None:
    """One article."""


@article_app.command("withdraw")
def article_withdraw(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's id, whole.")],
    why: Annotated[str, typer.Option("--why", help="Why; digests that told of it say so, and SQL.")],
    as_json: AsJson = False,
) -> None:
    """Take an article out for good: its text, title and pages, all that quotes it, and every snapshot that held it.

    Its id, address, hashes and the reason stay. It is not taken again, by address, by bytes or by text; an article that has the
    same text goes with it. Killed in the middle, the same command goes on. Backups, exports and the files it was read from are
    not reached.
    """
    from pipeline.workflow.withdraw import withdraw

    if not why.strip():
        raise UsageError("--why needs the reason in words; digests and the table withdrawals keep it")
    from pipeline.explain.layout import count

    settings, warehouse = stored_warehouse()
    done = withdraw(settings, warehouse, article_id, why=why.strip(), started_at=datetime.now(UTC))
    same = [one for one in done.article_ids if one != article_id]
    lines = [
        f"article {article_id} is withdrawn: {count(done.page_count, 'page')}, {count(len(done.build_ids), 'digest')},"
        f" {count(len(done.snapshots), 'past snapshot')}; snapshot {done.snapshot} does not hold it",
        *([f"with it, for they have the same text: {', '.join(same)}"] if same else []),
        *([f"copies in other words stay: {', '.join(done.copies)}"] if done.copies else []),
        "not reached: backups (back up once more, then withdraw it there too, with DAYBOOK_WAREHOUSE=FOLDER), exports, and files it was"
        " read from",
    ]
    show(asdict(done), as_json=as_json, text="\n".join(lines))
