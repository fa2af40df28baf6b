"""Store: the warehouse's only door.

Takes: rows of declared tables (pipeline/tables), and what to do with them: upsert, delete, replace or close a day.
Gives: numbered snapshots of immutable Parquet files, a DuckDB file of views over each, and the rows back again.
Refuses: nothing; rows that break their declaration are an error, for they come from our own code.
Never: changes a file once it has its name, lets a reader see half a commit, opens the file that analysts have open.
Reads the outside world: the warehouse's folder, and monotonic time while it waits for the lock.
"""
