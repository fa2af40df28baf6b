"""All that knows Airflow and is no DAG: assets, windows, defaults, reporting, set-up, and the ways to start it.

Takes:   Airflow's task context; the project's folder.
Gives:   a `Run` for each task, counts on asset events, a ready metadata database, running processes.
Refuses: a window it cannot read (UsageError).
Never:   decides anything about an article; imports heavy libraries when a DAG file is read.
Reads the outside world: the environment and the clock, for the tasks below it.
"""
