-- The builds that counted for the days before. One row: build_id.
-- reads: current_builds
-- arguments: day
SELECT build_id FROM current_builds WHERE status <> 'provisional' AND digest_date < $day
