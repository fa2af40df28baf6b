"""Builds of digests and the warehouse: what goes into one, the rows it leaves, and a published one read or made again.

Takes:   a snapshot, a day, an instant; a draft of the digest room.
Gives:   `DigestInputs`, rows of digest_builds and its lines, published bytes, and what differs when a build is repeated.
Refuses: bytes that are not the ones that were published (WarehouseCorrupt).
Never:   chooses a line: who repeats a build has the digest room choose again.
Reads the outside world: yes, the warehouse.
"""
