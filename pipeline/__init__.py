"""The Airflow-free core of Daybook: the rooms, in the order in which an article walks through them, and what brings them together.

    fetch -> extract -> validate -> dedupe -> store -> stories -> digest -> publish

Rooms never import each other. Above them `runs`, `crawl`, `articles`, `builds` and `stages` see several, and `workflow`,
`explain` and `cli` use those; below them stand `sandbox`, `files`, `text`, and the words that all of them speak: tables, reasons,
errors, windows, reports, settings. docs/architecture.md has the picture.
"""
