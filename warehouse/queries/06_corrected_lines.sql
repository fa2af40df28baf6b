-- Which published lines lost their ground, and what does the source say now?
SELECT noticed_at, digest_date, publisher, old_quote, new_text, url
FROM corrections_log
ORDER BY noticed_at DESC;
