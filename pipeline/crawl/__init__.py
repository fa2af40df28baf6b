"""What a run asks of the world: which sources, what the warehouse knows of them already, and what became of each.

Takes:   a run, the registry and a snapshot.
Gives:   for each source its pages, requests, refusals and books; the run's groups of sources; the names of those in trouble.
Refuses: an unknown source (UsageError); it carries the refusals of fetch.
Never:   commits; pages are sealed in staging as they come.
Reads the outside world: yes: through fetch, the warehouse, and the clock that instants of requests are read from.
"""
