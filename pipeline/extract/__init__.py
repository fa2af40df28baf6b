"""Pages to article candidates: text, title, authors, dates, language, kind, and the URL each goes by.

Takes: PAGES rows (bytes as fetched, with what the feed or sitemap said of them). Gives: one EXTRACTED row a page, in
order, an article candidate or a refusal.
Refuses: empty-page, not-text, too-complex, extract-timeout, extract-crash, extract-put-off, no-text, not-an-article.
Never: guesses a date from the crawl, drops a row, or lets one page take its neighbours along: every page is worked on
in a process that the kernel ends at its deadline.
Reads the outside world: no, but it starts processes of its own.
"""
