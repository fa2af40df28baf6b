"""A run and what it leaves behind: what it is for, the hand-overs between its tasks, its books, the hours that none came for.

Takes:   settings, a window, a clock; the reports of the stages.
Gives:   a `Run`, sealed hand-overs in staging, rows of `runs` and `stage_counts`.
Refuses: books that do not balance (BooksUnbalanced).
Never:   calls a stage; of each it knows the name and what it hands over.
Reads the outside world: yes, the warehouse.
"""
