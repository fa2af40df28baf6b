"""Answers for operators and analysts, one module a question: SQL, the status, and why a thing is as it is.

Takes: a warehouse and what was asked. Gives: facts (JSON-ready) and the same as a page of text, 100 columns wide.
Refuses: a key that nothing, or more than one thing, answers to (UsageError, which names them). Never: writes, or reads
the clock; what was decided on a page, a pair or a day is decided again by the room's own code, and only told here.
"""
