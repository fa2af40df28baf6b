-- The text of one version of an article; without a version, the current one. Null if there is no such version.
-- reads: article_versions
-- arguments: id, version := NULL
-- returns: VARCHAR
SELECT found.body
FROM (SELECT v.article_id AS key, v.version AS number, v.text AS body FROM article_versions AS v) AS found
WHERE found.key = id AND (version IS NULL OR found.number = version)
ORDER BY found.number DESC
LIMIT 1
