-- What is new in the newest digest, and who says so?
SELECT digest_date, story_rank, headline, kind, text, origin_count, publisher, url
FROM latest_digest
WHERE NOT is_quiet
ORDER BY story_rank, line_rank;
