-- The builds that counted for the days before, and when each was built. One row: build_id.
-- reads: current_builds
-- arguments: day
SELECT build_id, digest_date AS told_day, built_at AS told_at
FROM current_builds WHERE status <> 'provisional' AND digest_date < $day
