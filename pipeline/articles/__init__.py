"""What a commit makes of a day's pages: readings, identities, versions, copies, refusals, and the gate of a whole batch.

Takes:   a snapshot read under the lock, a run's EXTRACTED rows and what validate said of them.
Gives:   the rows that articles, history, duplicates, fingerprints, extractions and quarantine hold after the commit, and
         what became of each page.
Refuses: boilerplate; what a person dropped.
Never:   asks the network, or decides a story.
Reads the outside world: yes, the warehouse, and page processes for readings that are missing.
"""
