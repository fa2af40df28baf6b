-- Which sources fail, or have gone silent?
SELECT source_id, publisher, silent_days, failure_streak, last_outcome, failed_request_count, request_count
FROM source_health
WHERE enabled IS NOT false AND (coalesce(failure_streak, 0) > 0 OR coalesce(silent_days, 99) > 1)
ORDER BY silent_days DESC NULLS FIRST, failure_streak DESC;
