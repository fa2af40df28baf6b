-- What the day brought in all. Pages are not counted: how often one was asked again, and under which tracker, says
-- nothing of the day, and hours and days would differ. One row.
-- reads: versions, duplicates, latest, quarantine
-- arguments: day, as_of
SELECT
    (SELECT count(DISTINCT article_id) FROM versions WHERE day = $day) AS articles,
    (SELECT count(DISTINCT article_id) FROM duplicates WHERE day = $day) AS copies,
    (SELECT count(*) FROM latest WHERE edited IS NOT NULL) AS edits,
    (SELECT count(DISTINCT coalesce(json_extract_string(record_json, '$.url'), body_sha256))
     FROM quarantine
     WHERE page_id IS NOT NULL AND day = $day AND (recorded_at <= $as_of OR status <> 'held')) AS quarantined
