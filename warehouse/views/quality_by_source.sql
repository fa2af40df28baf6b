-- Each expectation of single rows, source by source and day by day: rows looked at, and those that failed. One row: day, source_id, expectation, column.
-- reads: quality_metrics
-- column day: The day of the runs.
-- column run_count: Runs that looked. Unit: runs.
-- column failed_run_count: Runs in which it did not hold. Unit: runs.
-- column row_count: Rows looked at. Unit: rows.
-- column failed_row_count: Rows that failed. Unit: rows.
SELECT
    day,
    source_id,
    expectation,
    "column",
    any_value(severity) AS severity,
    count(*) AS run_count,
    count(*) FILTER (WHERE NOT success) AS failed_run_count,
    sum(row_count)::BIGINT AS row_count,
    round(sum(observed * row_count))::BIGINT AS failed_row_count,
    any_value(threshold) AS threshold
FROM quality_metrics
WHERE source_id IS NOT NULL AND expectation <> 'set_gate'
GROUP BY day, source_id, expectation, "column"
