-- The articles of a story in order of time, each with the digest lines it is the ground of: story('…'). The id of a story that was merged away leads to where it went.
-- reads: story_members, story_merges, digest_lines
-- arguments: id
-- column digest_lines: Lines of current digests that it is the first source of, in order; empty for none.
SELECT
    members.*,
    coalesce(lines.texts, []) AS digest_lines
FROM story_members AS members
LEFT JOIN (
    SELECT cited.article_id, list(cited.text ORDER BY cited.digest_date, cited.line_rank) AS texts
    FROM digest_lines AS cited
    WHERE cited.article_id IS NOT NULL
    GROUP BY cited.article_id
) AS lines ON lines.article_id = members.article_id
WHERE members.story_id = coalesce((SELECT gone.standing_id FROM story_merges AS gone WHERE gone.story_id = id), id)
ORDER BY coalesce(members.published_at, members.day::TIMESTAMPTZ), members.article_id
