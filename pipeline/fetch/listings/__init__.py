"""What a source lists: RSS, RDF, Atom and sitemaps, from bytes to items.

Takes:   the bytes of a listing, and where it was found. Gives: `Item`s: an address each, with a title and a time where told.
Refuses: what is no listing (NotAListing). Never: asks the network; believes a time that all items share; reads a stranger's
bytes in the run's own process (`isolated`).
"""
