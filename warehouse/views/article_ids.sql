-- Ids that changed for an address that is stored: its page declares another canonical URL by now, or addresses are cleaned by
-- another rule. The older id answers still; `new_id` is where the address stands now. One row: old_id, new_id.
-- reads: article_versions, pages
-- column old_id: An id that the address had.
-- column new_id: The id that it has now.
-- column since: When the first version under another id was recorded.
-- column why: reading (the same page read by another rule) or canonical (a later page declares another canonical URL).
WITH readings AS (
    SELECT p.final_url, v.article_id, v.canonical_url, v.page_id, v.recorded_at, p.fetched_at
    FROM article_versions AS v
    JOIN pages AS p USING (page_id)
    WHERE p.final_url IS NOT NULL
),
steps AS (
    SELECT *,
        lag(article_id) OVER address AS old_id,
        lag(page_id) OVER address AS old_page_id,
        last_value(article_id) OVER (address ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS new_id
    FROM readings
    WINDOW address AS (PARTITION BY final_url ORDER BY fetched_at, recorded_at, article_id)
)
SELECT old_id, new_id, min(recorded_at) AS since,
    min_by(CASE WHEN page_id = old_page_id THEN 'reading' ELSE 'canonical' END, recorded_at) AS why
FROM steps
WHERE old_id <> article_id AND old_id <> new_id
GROUP BY old_id, new_id
