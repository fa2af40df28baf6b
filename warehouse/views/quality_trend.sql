-- Each expectation day by day: in how many runs it held, and what was observed of whole batches. One row: day, suite, expectation, column.
-- reads: quality_metrics
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
