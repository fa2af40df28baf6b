-- Every line of every day's current digest with its primary citation; a quiet story has one row without a line. One row: digest_date, story_id, development_id.
-- reads: current_builds, digests, developments, citations, article_versions, story_merges
-- column story_rank: Place of the story in the digest, from 1.
-- column line_rank: Place of the line in its story, from 1. Null: a quiet story.
-- column article_version: The version of the article that the line is a passage of (article_versions.version). Null: a quiet story.
SELECT
    b.digest_date,
    b.status,
    d.rank AS story_rank,
    coalesce(g.standing_id, d.story_id) AS story_id,
    d.headline,
    d.is_quiet,
    v.rank AS line_rank,
    v.kind,
    v.text,
    v.event_date,
    v.novelty,
    v.article_count,
    v.publisher_count,
    v.origin_count,
    v.weight,
    a.publisher,
    a.title,
    a.url,
    a.published_at,
    c.article_id,
    c.version AS article_version,
    c.char_start,
    c.char_end,
    v.event_id,
    v.development_id,
    b.build_id
FROM current_builds AS b
JOIN digests AS d ON d.build_id = b.build_id
LEFT JOIN developments AS v ON v.build_id = d.build_id AND v.story_id = d.story_id
LEFT JOIN citations AS c ON c.build_id = v.build_id AND c.development_id = v.development_id AND c.n = 1
LEFT JOIN article_versions AS a ON a.article_id = c.article_id AND a.version = c.version
LEFT JOIN story_merges AS g ON g.story_id = d.story_id
