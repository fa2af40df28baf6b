"""The task functions: what the tasks of the DAGs call, and the command line alike.

Takes:   a `Run` (settings, warehouse, window, now) and small JSON-ready hand-overs: counts and paths.
Gives:   the same kind of hand-over, each with its `StageReport`.
Refuses: a day that cannot be closed yet (UsageError); for the rest it carries the rooms' refusals into quarantine and books.
Never:   decides anything about an article.
Reads the outside world: yes, through fetch, store and publish.
"""
