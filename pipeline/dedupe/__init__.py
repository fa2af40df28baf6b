"""Say what a day's pages are: which article each one is, which version of it, and whose text it repeats.

Takes: a day's readings (EXTRACTED rows); the versions that stood before; fingerprints, languages and links of known articles.
Gives: readings with a template's constants undone; article versions; fingerprints; one row for each duplicate, naming its
canonical article and how much they share.
Refuses: boilerplate (one text under many addresses of one publisher). A duplicate is no refusal: it is kept and marked, so
that counts of outlets survive.
Never: chains (a canonical is no duplicate itself), matches across languages, or lets the order of rows decide.
Reads the outside world: no; texts of known articles come from the caller.
"""
