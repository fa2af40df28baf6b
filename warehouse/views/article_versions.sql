-- Every version of every article: the current one and those it superseded. One row: article_id, version.
-- reads: articles, article_history
-- column is_current: Whether it stands in articles; else it was superseded and stands in article_history.
-- column day: The article's day: the date of window_start of its first version.
SELECT *, true AS is_current FROM articles
UNION ALL BY NAME
SELECT *, false AS is_current FROM article_history
