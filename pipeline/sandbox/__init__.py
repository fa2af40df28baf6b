"""Strangers' bytes read in processes that can be killed: one that hangs, crashes or grows ends alone.

Takes:   the name of a reader (a module with `warm_up` and `answer`), and tasks: a little JSON and a body each.
Gives:   for each task, in order, the reader's answer as JSON, or a `Death`: how its process ended.
Refuses: nothing; what a death means is the caller's to say.
Never:   lets anything but data cross: frames of JSON and bytes, no pickles; knows what a reader reads; lets the clock or the
         machine's load decide what is read.
Reads the outside world: no, but it starts processes.
"""
