"""Refuse what is no sound article, row by row, and doubt a source of which more was refused than is usual.

Takes: extracted rows that extraction did not refuse, and the suite of expectations/articles.py.
Gives: the rows that passed in their order, a quarantine row for each other one, and a metric for each expectation.
Refuses: too-short, bad-text, boilerplate, bad-field; set-gate for all of a source.
Never: changes a row, or loses one: rows in = passed + quarantined.
Reads the outside world: no.
"""
