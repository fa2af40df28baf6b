-- What those digests called the stories that they told, merges resolved. One row: build_id and the story as it was.
-- reads: digests, told, story_merges
SELECT digest_date, coalesce(merged.standing_id, digest.story_id) AS story_id, headline
FROM digests AS digest JOIN told USING (build_id) LEFT JOIN story_merges AS merged USING (story_id)
WHERE headline IS NOT NULL AND NOT is_quiet
