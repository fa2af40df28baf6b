-- Their lines, merges resolved, but for those that were withdrawn. One row: build_id, development_id.
-- reads: developments, told, story_merges
SELECT build_id, development_id, digest_date, coalesce(merged.standing_id, line.story_id) AS story_id, event_id, text
FROM developments AS line JOIN told USING (build_id) LEFT JOIN story_merges AS merged USING (story_id)
WHERE line.kind <> 'withdrawn'
