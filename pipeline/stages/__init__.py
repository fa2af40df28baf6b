"""The task functions: one for each task of the DAGs, used alike by Airflow and the command line.

Takes:   a `Run` (settings, warehouse, window, now) and small JSON-ready hand-overs: counts and paths.
Gives:   the same kind of hand-over, each with its `StageReport`.
Refuses: nothing itself; it carries the rooms' refusals into quarantine and books.
Never:   decides anything about an article; here, and only here, rooms meet.
Reads the outside world: yes, through fetch, store and publish.
"""
