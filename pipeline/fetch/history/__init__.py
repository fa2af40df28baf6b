"""What is known at a visit, and what is asked because of it: captures, refusals, requests, rechecks, what was put off.

Takes: stored rows of the sources that are asked, and addresses and waits of all others. Gives: the visits of a window, whether an
    address is known, and what is left to ask.
Never: knows anything that was learned after the visit's own moment.
"""
