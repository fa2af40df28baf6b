"""Pages that lie on disk: folders of saved pages, WARC archives, and paths that a person names.

Takes:   paths. Gives: PAGES rows with their bytes, by the hour of capture where an archive tells it.
Refuses: too-large, not-text, bad-url, outside-folder, bad-encoding, http-error; an archive that was cut (InputError).
Never:   follows a link out of its folder, or writes.
"""
