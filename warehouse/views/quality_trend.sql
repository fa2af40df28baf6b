-- Each expectation day by day: in how many runs it held, and what was observed of whole batches. One row: day, suite, expectation, column.
-- reads: quality_metrics
-- column day: The day of the runs.
-- column run_count: Runs that looked. Unit: runs.
-- column failed_run_count: Runs in which it did not hold. Unit: runs.
-- column mean_observed: The mean over the day's runs of what was observed, in the unit of quality_metrics.observed. Null: none was observed.
-- column greatest_observed: The greatest of it. Null: none was observed.
SELECT
    day,
    suite,
    expectation,
    "column",
    any_value(severity) AS severity,
    count(*) AS run_count,
    count(*) FILTER (WHERE NOT success) AS failed_run_count,
    avg(observed) AS mean_observed,
    max(observed) AS greatest_observed,
    any_value(threshold) AS threshold
FROM quality_metrics
WHERE source_id IS NULL OR expectation = 'set_gate'
GROUP BY day, suite, expectation, "column"
