"""The Airflow-free core of Daybook, a folder a room, in the order in which an article walks through them.

    fetch -> extract -> validate -> dedupe -> store -> stories -> digest -> publish

Only `stages` sees more than one room. `text` holds what rooms share and touches nothing outside. Records, tables,
reasons and errors are the words that all of them speak.
"""
