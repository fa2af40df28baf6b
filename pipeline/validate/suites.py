"""Suites of expectations, run over a frame, and what they found as plain values."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.errors import DaybookError

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition

# How many rows fail is asked of every expectation; which ones, only where some do: that takes twice as long to find out.
_COUNTED = {"result_format": "BASIC", "partial_unexpected_count": 0}
# COMPLETE lists every failing row by its index; the query that GX adds to it repeats the list as text, at great length.
_EVERY_ROW = {"result_format": "COMPLETE", "return_unexpected_index_query": False, "partial_unexpected_count": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one expectation found in one frame.

    Attributes:
        expectation: Its type, e.g. expect_column_values_to_be_between.
        column: The column it looks at.
        severity: critical, warning or set.
        reason: Reason code for failing rows; None unless critical.
        field: The article's field that it is about.
        expects: What it expects of the field, in words.
        success: Whether it held.
        observed: Share of rows that failed, in [0, 1]; of a set's bound, the value observed. None on an empty frame.
        threshold: The share of failures allowed, or the least value.
        failed_rows: Positions of the rows that failed, ascending; None for what is asked of the set as a whole.
    """

    expectation: str
    column: str
    severity: str
    reason: str | None
    field: str
    expects: str
    success: bool
    observed: float | None
    threshold: float | None
    failed_rows: tuple[int, ...] | None


def quiet_great_expectations() -> None:
    """Keep GX to warnings; imported after Airflow it otherwise writes some 200 lines into the task's log."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)


def run_suite(suite: gx.ExpectationSuite, frame: pd.DataFrame) -> list[Verdict]:
    """Run a suite over a frame whose index is 0, 1, 2, …

    Returns:
        One verdict per expectation, in the suite's order.
    Raises:
        DaybookError: an expectation could not be evaluated, for example because its column is missing.
    """
    batch = _batch_definition().get_batch({"dataframe": frame})
    verdicts = {_place(result): _verdict(result) for result in batch.validate(suite, result_format=_COUNTED).results}
    keys = [_key(expectation.configuration) for expectation in suite.expectations]
    failing = [
        expectation
        for key, expectation in zip(keys, suite.expectations, strict=True)
        if verdicts[key].failed_rows is not None and verdicts[key].observed
    ]
    if failing:
        of_rows = type(suite)(name=suite.name, expectations=failing)
        verdicts |= {
            _place(result): _verdict(result) for result in batch.validate(of_rows, result_format=_EVERY_ROW).results
        }
    return [verdicts[key] for key in keys]


@cache
def _batch_definition() -> BatchDefinition:
    """One ephemeral context a process: nothing on disk, no progress bars."""
    quiet_great_expectations()
    import great_expectations as gx
    from tqdm import tqdm

    # GX opens a bar even where none is shown. Its lock is by default one of all forked processes: a task killed under
    # it would stop every other of the same worker for ever. And a thread that minds the bars would take it at any time.
    tqdm.set_lock(threading.RLock())
    tqdm.monitor_interval = 0
    # Its import sets a level of its own for what writes a line about a folder it makes.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("frames")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("all")
    )


def _key(configuration: Any) -> tuple[str, str, str]:
    """What tells one expectation of a suite from another."""
    meta = configuration.meta or {}
    return str(configuration.type), str(configuration.kwargs["column"]), str(meta.get("severity"))


def _place(result: ExpectationValidationResult) -> tuple[str, str, str]:
    """The key of the expectation that a result belongs to."""
    return _key(result.expectation_config)


def _verdict(result: ExpectationValidationResult) -> Verdict:
    """One result as plain values."""
    configuration = result.expectation_config
    assert configuration is not None
    name, column, severity = _key(configuration)
    _refuse_exceptions(result, name, column)
    found, meta, kwargs = result.result, configuration.meta or {}, configuration.kwargs
    is_about_rows = "unexpected_count" in found
    if is_about_rows:
        observed = found["unexpected_count"] / found["element_count"] if found["element_count"] else None
        threshold = round(1 - kwargs.get("mostly", 1.0), 6)
    else:
        observed, threshold = found.get("observed_value"), kwargs.get("min_value", kwargs.get("max_value"))
    return Verdict(
        expectation=name,
        column=column,
        severity=severity,
        reason=meta.get("reason"),
        field=meta["field"],
        expects=meta["expects"],
        success=bool(result.success),
        observed=None if observed is None else float(observed),
        threshold=None if threshold is None else float(threshold),
        failed_rows=(
            tuple(sorted(int(i) for i in found.get("unexpected_index_list") or ())) if is_about_rows else None
        ),
    )


def _refuse_exceptions(result: ExpectationValidationResult, name: str, column: str) -> None:
    """Raise what GX has swallowed: an expectation that broke has judged nothing."""
    information = result.exception_info or {}
    # GX gives one record, or one per metric under the metric's name.
    records = [information] if "raised_exception" in information else list(information.values())
    for record in records:
        if record.get("raised_exception"):
            raise DaybookError(
                f"expectation {name} on column {column} could not be evaluated: {record.get('exception_message')}; "
                "check that pipeline/validate/facts.py gives that column"
            )
