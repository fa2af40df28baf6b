"""The stages in their order without Airflow: a window through all rooms, what a person lets in, files to articles.

Takes:   settings, a warehouse, and what a person asked for.
Gives:   what the DAGs give, by the same task functions in the same order; a row dropped from quarantine; articles of files, stored nowhere.
Refuses: what the stages refuse; a choice that names nothing (UsageError).
Never:   knows Airflow.
Reads the outside world: yes, through the stages.
"""
