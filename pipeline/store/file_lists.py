"""The files of a table as an SQL expression for `read_parquet`: these and no others, each of which must be there.

A folder's pattern would pass over a file that is missing, and take up one that is foreign. Whole paths of thousands of files would
make megabytes of every views file, where the list stands some forty times. So a list is packed:

    consecutive days of one file each   the first and last day, and four digits of the hash in each file's name: 5 characters a file
    other files of usual names          day and hash: 31 characters a file
    anything else                       its path

DuckDB unpacks it when it binds a query, by functions on constants. What is packed as four digits is a pattern, which another file of
the table's own name and day would have to match by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from pipeline.store.manifest import StoredFile

_NAME = re.compile(r"day=([0-9-]{10})/[a-z_]+-[0-9-]{10}-([0-9a-f]{20})\.parquet")
_DIGITS = 4
_LEAST_RUN = 8  # days; the expression for a run is as long as so many files
_DAY = timedelta(days=1)


def quoted(text: object) -> str:
    """A text as an SQL literal."""
    escaped = str(text).replace("'", "''")
    return f"'{escaped}'"


def glob_literal(folder: Path, pattern: str) -> str:
    """A pattern below a folder as an SQL literal; what looks like a pattern in the folder's own name is taken as is."""
    return quoted(f"{_plain(folder)}/{pattern}")


def file_list(folder: Path, table: str, files: Sequence[StoredFile]) -> str:
    """Some files of a table as an SQL list of paths, the newest day's first: views are bound to the first file.

    Args:
        folder: Where they lie, in folders of days or by themselves.
    """
    named = [(file, _day_and_hash(file)) for file in sorted(files, key=lambda f: f.path, reverse=True)]
    if "|" in str(folder) or any(short is None for _, short in named):
        return f"[{', '.join(glob_literal(folder, file.path) for file, _ in named)}]"
    shorts = [short for _, short in named if short]
    packed = list(_packed(folder, table, shorts))
    return packed[0] if len(packed) == 1 else f"list_concat({packed[0]}, {', '.join(packed[1:])})"


def _packed(folder: Path, table: str, files: Sequence[tuple[date, str]]) -> Iterator[str]:
    """SQL lists of paths that together have all the files, those with the newest day first."""
    alone: list[tuple[date, str]] = []
    lists: list[tuple[date, str]] = []
    for run in _runs(files):
        if len(run) >= _LEAST_RUN and run[0][0] != run[-1][0]:
            lists.append((run[0][0], _of_run(folder, table, run)))
        else:
            alone += run
    if alone:
        lists.append((alone[0][0], _of_others(folder, table, alone)))
    for _, listed in sorted(lists, reverse=True):
        yield listed


def _runs(files: Sequence[tuple[date, str]]) -> Iterator[list[tuple[date, str]]]:
    """Days in descending order, cut where one is missing; one with several files stands by itself."""
    run: list[tuple[date, str]] = []
    for day, group in groupby(files, key=lambda file: file[0]):
        of_day = list(group)
        if run and (len(of_day) > 1 or run[-1][0] - day != _DAY):
            yield run
            run = []
        if len(of_day) > 1:
            yield of_day
        else:
            run += of_day
    if run:
        yield run


def _of_run(folder: Path, table: str, run: Sequence[tuple[date, str]]) -> str:
    """Consecutive days, the newest first, of one file each."""
    days = f"range(DATE '{run[0][0]}', DATE '{run[-1][0] - _DAY}', INTERVAL (-1) DAY)::DATE[]::VARCHAR[]"
    digits = " ".join(digest[:_DIGITS] for _, digest in run)
    pairs = f"list_zip({days}, string_split('{digits}', ' '))::VARCHAR"  # as text: [(2026-03-02, 1a2b), …]
    pattern = f"'[[(, '']+([0-9-]{{10}})''?, ''?([0-9a-f]{{{_DIGITS}}})''?[])]+'"
    path = _template(folder, f"day=\\1/{table}-\\1-\\2*.parquet|")
    return f"string_split(trim(regexp_replace({pairs}, {pattern}, {path}, 'g'), '|'), '|')"


def _of_others(folder: Path, table: str, files: Sequence[tuple[date, str]]) -> str:
    """Any files."""
    listed = "|".join(f"{day}{digest}" for day, digest in files)
    path = _template(folder, f"day=\\1/{table}-\\1-\\2.parquet")
    return f"string_split(regexp_replace('{listed}', '([0-9-]{{10}})([0-9a-f]{{20}})', {path}, 'g'), '|')"


def _template(folder: Path, rest: str) -> str:
    """A path for regexp_replace, as an SQL literal."""
    return quoted(_plain(folder).replace("\\", "\\\\") + "/" + rest)


def _plain(folder: Path) -> str:
    """A folder's name without anything that a pattern could be read into."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(folder))


def _day_and_hash(file: StoredFile) -> tuple[date, str] | None:
    """Day and hash of a file that is named as parquet.write_file names them; None for any other."""
    named = _NAME.fullmatch(file.path)
    return (file.day, named[2]) if named and file.day and named[1] == file.day.isoformat() else None
