"""Stories: which articles tell of one happening (event), and which events belong together over days (story).

Takes:   a day's canonical articles with their term counts, and the placings of earlier days.
Gives:   one placing an article, one row a story and day, merges and reopenings; ids minted from first articles.
Refuses: nothing; an article that is like no other founds an event and a story of its own.
Never:   moves an article that was placed on an earlier day, changes an id, joins articles of two languages.
Reads the outside world: no. A day is a pure function of its articles and of the state before it.
"""
