"""Runs, the counts of their stages, and how their batches met expectations."""

from __future__ import annotations

import pyarrow as pa

from pipeline.tables.declaration import (
    BOOL,
    FLOAT,
    INSTANT,
    INT,
    RECORDED_AT,
    STRING,
    STRINGS,
    Table,
    column,
)

RUNS = Table(
    name="runs",
    grain="one run of one DAG or of the command line, for one window",
    key=("run_id",),
    sought=("run_id",),
    day_rule="date of the window's start",
    day_column="window_start",
    columns=(
        column("run_id", STRING, "Airflow's DAG and run id, or one made by the command line."),
        column(
            "dag_id",
            STRING,
            "news_ingest, news_stories, news_digest, …; news_reopen for a day that was reopened; so does the command line.",
        ),
        column("window_start", INSTANT, "Start of the window, inclusive."),
        column("window_end", INSTANT, "End of the window, exclusive."),
        column("started_at", INSTANT, "Wall time of the start."),
        column("source_ids", STRINGS, "The source set of the run; empty where a run has none."),
        column("status", STRING, "success or failed; late or empty where no run came in its time."),
        column("detail", STRING, "What failed; of a reopened day, who did it and why.", null="nothing"),
        column("gate_reason", STRING, "Why a person passed the set gate that tripped.", null="nobody did"),
        column(
            "minted",
            STRINGS,
            "Of a day that was reopened: the ids of events and stories that stay.",
            null="no reopening, or stored before this column",
        ),
        column("code_version", STRING, "Version of Daybook."),
        column("settings_sha256", STRING, "Hash of the settings that change results."),
        RECORDED_AT,
    ),
)

STAGE_COUNTS = Table(
    name="stage_counts",
    grain="one source in one stage of one run",
    key=("run_id", "stage", "source_id"),
    sought=("run_id",),
    day_rule="date of the window's start",
    day_column="window_start",
    columns=(
        column("run_id", STRING, "The run."),
        column("stage", STRING, "The stage."),
        column("source_id", STRING, "The source."),
        column("unit", STRING, "What is counted: listed-urls, pages, or articles (by load_stories)."),
        column("received", INT, "Came in; the sum of the six outcomes."),
        column("new", INT, "Handed on to the next stage, or stored as new."),
        column("updated", INT, "Stored as a new version."),
        column("unchanged", INT, "Known already, nothing new in it."),
        column("duplicates", INT, "Stored, attached to a canonical article."),
        column("quarantined", INT, "Refused with a reason."),
        column("failed", INT, "Could not be had this time."),
        column("reasons", pa.map_(pa.string(), pa.int64()), "Reason code to count."),
        column("window_start", INSTANT, "Start of the window."),
        RECORDED_AT,
    ),
)

QUALITY_METRICS = Table(
    name="quality_metrics",
    grain="one expectation over one batch, over each source's part of it, and the gate of each source in it",
    key=("run_id", "suite", "expectation", "column"),
    sought=("run_id",),
    day_rule="date of the window's start",
    day_column="window_start",
    columns=(
        column("run_id", STRING, "The run."),
        column("suite", STRING, "The suite; of a source's part, the suite and the source: articles@courier."),
        column("expectation", STRING, "The expectation, or set_gate."),
        column("column", STRING, "The column it looks at, empty for a whole table; the source id of a set_gate."),
        column("success", BOOL, "Whether it held."),
        column("observed", FLOAT, "Share of rows that failed, or the value observed.", null="nothing to observe"),
        column("threshold", FLOAT, "The bound.", null="none"),
        column("severity", STRING, "critical (the row is quarantined), warning or set."),
        column("row_count", INT, "Rows looked at: a set_gate counts all pages of its source.", null="a whole batch"),
        column("passed_by", STRING, "Why a person passed a set_gate that tripped.", null="nobody did"),
        column("source_id", STRING, "The source.", null="a whole batch, or recorded before there was one"),
        column("window_start", INSTANT, "Start of the window."),
        RECORDED_AT,
    ),
)
