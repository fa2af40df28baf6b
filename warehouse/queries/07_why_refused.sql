-- Why were pages refused, by day, source and reason?
SELECT day, source_id, stage, reason, count(*) AS pages, any_value(detail) AS example
FROM quarantine
WHERE status = 'held'
GROUP BY ALL
ORDER BY day DESC, pages DESC;
