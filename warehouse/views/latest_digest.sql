-- The newest day's digest, line by line in reading order. One row: story_id, development_id.
-- reads: digest_lines
SELECT * FROM digest_lines
WHERE digest_date = (SELECT max(digest_date) FROM digest_lines)
ORDER BY story_rank, line_rank
