"""How good what came in was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, app, show, stored_warehouse
from pipeline.errors import InputError, UsageError


@app.command()
def quality(
    html: Annotated[Path | None, typer.Option(help="Write it as a page with trends into this file.")] = None,
    days: Annotated[int, typer.Option(help="So many days, to the last one that was worked on.")] = 28,
    as_json: AsJson = False,
) -> None:
    """Refusals, kinds and expectations of the last days, over all and source by source."""
    from pipeline.explain.quality import quality_facts, quality_page
    from pipeline.publish.quality import render_quality

    if days < 1:
        raise UsageError("--days is at least 1")
    _, warehouse = stored_warehouse()
    facts = quality_facts(warehouse, days)
    if html is None:
        show(facts, as_json=as_json, text=quality_page(facts))
        return
    unfinished = html.with_name(f".{html.name}.unfinished")
    try:
        unfinished.write_text(render_quality(facts), encoding="utf-8")
        unfinished.replace(html)
    except OSError as error:
        raise InputError(
            f"cannot write {html}: {error.strerror}; name a file in a folder that can be written"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    show({"path": str(html)}, as_json=as_json, text=str(html))
