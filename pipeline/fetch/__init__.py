"""From sources to pages, the only room that touches the network: `listings`, `http`, `files`, `history`, and visits above them.

Takes: sources (feeds, sitemaps, inbox folders, WARC archives) and a window; what is stored already comes in as arguments.
Gives: PAGES rows with their bytes untouched, sealed by the caller as they come (`sealing`); `FetchResult`s with FETCHES and
    FEED_STATE rows, refusals, and the books.
Asks: every listing once a visit, a visit once a run (on the invented clock once an hour): there is no interval of a source's own; a
    host that asked for patience is left alone; what is over a source's `budget` waits for the next visit.
Refuses: robots, http-error, too-large, forbidden-address, bad-redirect, bad-encoding, bad-url, not-text, outside-folder,
    unreadable, bad-field, empty-page for good; timeout, connect-error, too-many-requests, not-now until it is asked again;
    over-cap until it comes within the newest that are taken of its listing. A
    listing that fails is `not-a-feed` or one of these, in `FetchResult.error`; one whose host asked to be left alone is put
    off, which is no failure.
Asks again: a stored page when its listing says that it changed, and once after a day and a week, for what changed.
Never: reads an article, writes to disk, sleeps for a Retry-After, or connects to an address that is not public and was
    not named by the operator.
Reads the outside world: yes: HTTP in `http`, disks in `files`, the sandbox in `listings`; monotonic time.
"""
