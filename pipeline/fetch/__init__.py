"""From sources to pages, the only room that touches the network: `listings`, `http`, `files`, `history`, and visits above them.

Takes: sources (feeds, sitemaps, inbox folders, WARC archives) and a window; what is stored already comes in as arguments.
Gives: `FetchResult`s: PAGES rows with their bytes untouched, FETCHES and FEED_STATE rows, refusals, and the books.
Refuses: robots, http-error, too-large, forbidden-address, bad-redirect, bad-encoding, bad-url, not-text, outside-folder,
    unreadable, bad-field, empty-page for good;
    timeout, connect-error, too-many-requests, not-now until it is asked again. A listing that fails is `not-a-feed`
    or one of these, in `FetchResult.error`; one whose host asked to be left alone is put off, which is no failure.
Asks again: a stored page when its listing says that it changed, and once after a day and a week, for what changed.
Never: reads an article, writes to disk, sleeps for a Retry-After, or connects to an address that is not public and was
    not named by the operator.
Reads the outside world: yes: HTTP and monotonic time in `http`, disks in `files`.
"""
