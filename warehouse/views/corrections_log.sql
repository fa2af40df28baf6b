-- Published lines whose source changed afterwards, newest first. One row: article_id, to_version, build_id, development_id.
-- reads: corrections, developments, articles, story_merges
-- column line: The published line; empty where its text was withdrawn.
-- column day: The day of the digest that told the line.
SELECT
    c.noticed_at,
    c.cause,
    c.digest_date,
    coalesce(g.standing_id, v.story_id) AS story_id,
    v.text AS line,
    c.old_quote,
    c.new_text,
    a.publisher,
    a.title,
    a.url,
    c.article_id,
    c.to_version,
    c.build_id,
    c.development_id,
    c.day
FROM corrections AS c
LEFT JOIN developments AS v ON v.build_id = c.build_id AND v.development_id = c.development_id
LEFT JOIN articles AS a ON a.article_id = c.article_id
LEFT JOIN story_merges AS g ON g.story_id = v.story_id
ORDER BY c.noticed_at DESC, c.article_id, c.development_id
