"""What one run did, in a tab of its page: its books and its trouble, as the warehouse recorded them."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from daybook_airflow.pages.setting import opened, page
from daybook_airflow.views import DAGS
from pipeline.explain.recent_runs import run_of_id
from pipeline.reports import OUTCOMES


def show_run(dag_id: str = "", run_id: str = "") -> HTMLResponse:
    """The page of a run; one that recorded nothing yet, or is none of ours, says so."""
    _, warehouse = opened()
    run = run_of_id(warehouse.latest(), f"{dag_id}/{run_id}") if dag_id in DAGS else None
    return page(
        "run.html.j2", title=f"{dag_id} {run_id}".strip() or "No run", here="run", run=run, dag_id=dag_id,
        is_ours=dag_id in DAGS, outcomes=OUTCOMES,
    )  # fmt: skip
