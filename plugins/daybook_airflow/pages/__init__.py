"""Daybook's pages beside Airflow's own: health, search, digests, what a run did. Read-only, for who may see the DAG.

Takes:   requests of those who are logged in to Airflow; the warehouse that the environment names.
Gives:   pages made on the server: no script, nothing from elsewhere, every value made harmless.
Refuses: strangers (401), and those who may not read the DAG `news_digest` (403).
Never:   writes; decides anything: what is told is what `pipeline.explain` tells on the command line.
Reads the outside world: the environment, the clock, the warehouse.
"""
