-- What am I looking at, and how fresh is it?
SELECT snapshot, recorded_at, newest_article_window, last_closed_day, row_counts FROM _meta;
