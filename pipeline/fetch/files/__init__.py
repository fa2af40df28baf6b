"""Pages that lie on disk: folders of saved pages, WARC archives, and paths that a person names.

Takes:   paths. Gives: PAGES rows with their bytes, by the hour of capture where an archive tells it.
Refuses: too-large, outside-folder, bad-encoding, http-error, not-text, empty-page, bad-url; unreadable: a file that is gone or
    closed, a record that is not whole; bad-field: a record without a date. An archive that was cut, and what cannot be
    opened or listed at all, is an InputError.
Never:   follows a link out of its folder, or writes.
"""
