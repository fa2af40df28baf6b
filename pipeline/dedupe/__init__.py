"""Find the articles whose text another article already has, and attach each to one canonical article.

Takes: new article rows with their fingerprints; fingerprints, languages and links of the articles already known.
Gives: fingerprints; one row for each duplicate, naming its canonical article and how much they share.
Refuses: nothing: a duplicate is kept and marked, so that counts of outlets survive.
Never: chains (a canonical is no duplicate itself), matches across languages, or lets the order of rows decide.
Reads the outside world: no; texts of known articles come from the caller.
"""
