"""Digest: choose, from the day's articles of each story, the sentences that say something new.

Takes:   `DigestInputs`: the stories of a day, who stands in them, the article versions, and what earlier digests said.
Gives:   `DigestDraft`: rows of digests, developments, citations and corrections; every line is verbatim a span of a
         cited article version, and `verify_citations` proves it.
Refuses: nothing; a sentence that gives no line is simply not chosen, and of a story that would cost too much the later
         sentences of its articles are not weighed.
Never:   writes a sentence of its own, or changes what an earlier digest said.
Reads the outside world: no.
"""
