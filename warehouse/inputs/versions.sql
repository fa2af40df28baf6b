-- Article versions that had come by the day's end and were recorded by then, without their texts. One row: article_id, version.
-- reads: article_versions
-- arguments: day, as_of
SELECT article_id, version, cause, title, publisher, url, published_at, published_at_precision, published_on, language,
       text_sha256, content_kind, kind_evidence, day, CAST(version_window_start AS DATE) AS version_day,
       recorded_at
FROM article_versions
WHERE recorded_at <= $as_of AND CAST(version_window_start AS DATE) <= $day
