-- Every version of every article: the current one and those it superseded. One row: article_id, version.
-- reads: articles, article_history
SELECT *, true AS is_current FROM articles
UNION ALL BY NAME
SELECT *, false AS is_current FROM article_history
