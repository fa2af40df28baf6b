"""What the rooms share about text: decoding, dates, canonical URLs, normalising, shingles, sentences, term vectors.

Takes: strings and bytes. Gives: strings, sets, numbers and instants. Refuses: nothing.
Never: reads the clock, the disk or the network. Pure functions only.
"""
