"""What Airflow loads beside the DAGs: assets, windows, defaults, reporting, links, pages.

Takes:   Airflow's task context.
Gives:   a `Run` for each task, counts on asset events, the pages beside Airflow's own.
Refuses: a window it cannot read (UsageError).
Never:   decides anything about an article; imports heavy libraries when a DAG file is read.
Reads the outside world: the environment and the clock, for the tasks below it.
"""
