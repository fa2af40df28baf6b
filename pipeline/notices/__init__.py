"""What somebody should be told, told once: notices of what is wrong, through mail and webhook.

Takes:   what is wrong (`explain.conditions`), what a run says of itself, what was told before.
Gives:   one notice a telling with all that is new, and one when it has passed; the memory of both.
Refuses: nothing; a channel that fails is named in the log, and the notice is tried again with the next telling.
Never:   fails a run; forgets to tell because its memory cannot be read or written: better twice than never.
Reads the outside world: yes: the warehouse, the folder `DAYBOOK_STATE`, mail servers and webhooks that the operator named.
"""
