-- The newest of these, the newest that an edit of the day made, and the newest that any edit made. One row: article_id.
-- reads: versions
-- arguments: day
SELECT article_id, max(version) AS version, max(version) FILTER (version_day = $day AND cause = 'edit') AS edited,
       max(version) FILTER (cause = 'edit') AS last_edit
FROM versions GROUP BY article_id
