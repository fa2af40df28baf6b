-- What is last known of each story. One row: story_id.
-- reads: story_days
SELECT story_id, arg_max(headline, day) AS headline, arg_max(language, day) AS language,
       arg_max(article_count, day) AS article_count, arg_max(publisher_count, day) AS publisher_count,
       arg_max(origin_count, day) AS origin_count
FROM story_days WHERE status <> 'merged' GROUP BY story_id
