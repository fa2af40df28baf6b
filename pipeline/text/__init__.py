"""What the rooms share about text: canonical URLs, normalising, shingles, sentences, term vectors.

Takes: strings. Gives: strings, sets and numbers. Refuses: nothing.
Never: reads the clock, the disk or the network. Pure functions only.
"""
