-- Which articles were edited after we first read them, and how long did the change take?
SELECT n.article_id, n.publisher, n.title, o.version AS from_version, n.version AS to_version, n.cause,
       n.fetched_at - o.fetched_at AS after, n.word_count - o.word_count AS words_added
FROM article_versions AS n
JOIN article_versions AS o ON o.article_id = n.article_id AND o.version = n.version - 1
ORDER BY n.fetched_at DESC;
