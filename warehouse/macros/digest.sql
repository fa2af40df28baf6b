-- The digest of a day, line by line in reading order: digest('2026-03-02').
-- reads: digest_lines
-- arguments: date
SELECT lines.*
FROM digest_lines AS lines
WHERE lines.digest_date = CAST(date AS DATE)
ORDER BY lines.story_rank, lines.line_rank
