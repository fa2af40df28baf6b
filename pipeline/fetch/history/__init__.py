"""What is known at a visit, and what is asked because of it: captures, refusals, requests, rechecks.

Takes:   stored rows of the sources that are asked. Gives: whether an address is known, and what is wanted at a visit.
Never:   knows anything that was learned after the visit's own moment.
"""
