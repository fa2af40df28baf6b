-- The newest of these, and the newest that an edit of the day made. One row: article_id.
-- reads: versions
-- arguments: day
SELECT article_id, max(version) AS version, max(version) FILTER (version_day = $day AND cause = 'edit') AS edited
FROM versions GROUP BY article_id
