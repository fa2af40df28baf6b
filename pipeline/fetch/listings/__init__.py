"""What a source lists: RSS, RDF, Atom, JSON Feed, sitemaps, their indexes and lists of addresses, from bytes to items.

Takes:   the bytes of a listing, and where it was found. Gives: a `Listing`: `Item`s, an address each, with a title and a time where
         told, or why an entry names none; the sitemaps of an index; how many entries were not read.
Refuses: what is no listing, or kills its reader (NotAListing). Never: asks the network; believes a time that all items share.
Reads the outside world: no, but bytes of strangers are read in the sandbox.
"""
