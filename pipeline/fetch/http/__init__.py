"""The HTTP client: one polite, bounded, suspicious GET at a time per host.

Takes:   a `FetchRequest` with its caps and deadline. Gives: a `FetchResponse`, and a log of every request behind it.
Refuses: robots, forbidden-address, bad-redirect, bad-url, too-large, not-text and what the network does, each as a value.
Never:   connects to an address that is neither public nor named by the operator; takes what breaks off for whole; raises for what a
         stranger sent.
"""
