"""Airflow on this machine: what `make run` and `make up` do.

Takes:   Airflow's home inside the project, the DAG files, the sample newsroom while no live source is switched on.
Gives:   runs of the DAGs in one process (`demo`), or Airflow's processes supervised until Ctrl-C (`supervisor`).
Never:   loaded by Airflow itself; what Airflow loads is `plugins/`.
Reads the outside world: yes.
"""
