"""SQL on the views of the warehouse: questions only, and about nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import duckdb

from pipeline.errors import UsageError, WarehouseError
from pipeline.explain.layout import plain_table
from pipeline.store.warehouse import Warehouse
from pipeline.text.controls import is_utf8

_READS = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})
# Functions that a SELECT may name and that act all the same: they write logs and profiles, or run text as a statement.
_ACTS = re.compile(
    r"(?:enable|disable|verify)_\w+|query(?:_table)?|json_execute_serialized_sql|(?:force_)?checkpoint|truncate_duckdb_logs"
    r"|write_log|(?:python_)?(?:arrow|pandas)_scan\w*|python_map_function|seq_scan|setval|nextval"
    r"|(?:add|remove)_grammar_extension|(?:de)?(?:register|create|destroy)_external_resource\w*",
    re.IGNORECASE,
)
_WORD = re.compile(r'"(?:[^"]|"")*"|\w+|.', re.DOTALL)
_EXPLAINED = frozenset({"explain", "analyze", "analyse", "verbose"})
_TAKES = "daybook sql takes SELECT, EXPLAIN, DESCRIBE and SHOW"

Token = tuple[str, int]


def run_sql(warehouse: Warehouse, query: str) -> tuple[list[str], list[tuple[Any, ...]], str]:
    """Run statements on the views of warehouse.duckdb, which reads its own snapshot's files and nothing else.

    SUMMARIZE, FROM, WITH, VALUES and TABLE are SELECT too.

    Returns:
        Column names and rows of the last statement, and the table as text.
    Raises:
        UsageError: a statement that is no question, or one that DuckDB refuses; the message is then DuckDB's own.
        WarehouseError: nothing was ever committed, or its files cannot be read.
    """
    if not is_utf8(query):
        raise UsageError("SQL: the query is no UTF-8; write it anew")
    with warehouse.open_readonly(locked=True) as connection:
        try:
            statements = _questions(connection, query)
            if not statements:
                raise UsageError("SQL: there is no statement; write one in quotes")
            for statement in statements:
                result = connection.execute(statement)
            columns = _distinct([name for name, *_ in result.description or []])
            rows = result.fetchall()
        except duckdb.PermissionException as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"SQL: {reason}; only the warehouse's own tables and views can be read here") from error
        except duckdb.IOException as error:
            raise WarehouseError(f"SQL: {str(error).splitlines()[0]}; `daybook warehouse verify` says why") from error
        except duckdb.Error as error:
            raise UsageError(f"SQL: {str(error).splitlines()[0]}") from error
    return columns, rows, plain_table(columns, rows)


def _questions(connection: duckdb.DuckDBPyConnection, query: str) -> list[duckdb.Statement]:
    """The statements of a query.

    Raises:
        UsageError: one of them is no question; none was run.
    """
    for tokens, end in _by_statement(query):
        # Before it is parsed: DuckDB turns some of these into a SELECT, and reads files while it does.
        if tokens[0][0].lower() in ("pragma", "call"):
            raise _refused(tokens[0][0].upper())
        for (name, _), (after, _) in pairwise(tokens):
            if after == "(" and _ACTS.fullmatch(name.strip('"')):
                raise UsageError(f"SQL: the function {name} is refused: it acts, and {_TAKES}, which only read")
        if tokens[0][0].lower() == "explain":
            _check_explained(connection, query.encode()[:end], tokens)
    statements = connection.extract_statements(query)
    for statement in statements:
        if statement.type not in _READS:
            first = next((tokens[0][0] for tokens, _ in _by_statement(statement.query)), "")
            raise _refused("a PIVOT without IN (…)" if first.lower() in ("", "pivot") else first.upper())
    return statements


def _check_explained(connection: duckdb.DuckDBPyConnection, until_end: bytes, tokens: Sequence[Token]) -> None:
    """Refuse to explain what is no SELECT: EXPLAIN ANALYZE runs it. The query is cut where the statement ends."""
    rest = [token for token in tokens if token[0].lower() not in _EXPLAINED]
    if rest and rest[0][0] == "(" and rest[1:] and rest[1][0].lower() not in ("select", "from", "with", "values", "("):
        closing = next((place for place, (text, _) in enumerate(rest) if text == ")"), len(rest) - 1)
        rest = rest[closing + 1 :]  # (ANALYZE, FORMAT json)
    explained = connection.extract_statements(until_end[rest[0][1] :].decode()) if rest else []
    if [statement.type for statement in explained] != [duckdb.StatementType.SELECT]:
        raise _refused(f"EXPLAIN of {rest[0][0].upper() if rest else 'nothing'}")


def _by_statement(query: str) -> Iterator[tuple[list[Token], int]]:
    """The words and signs of each statement, at which byte each begins, and where the statement ends.

    Without comments and empty statements.
    """
    data = query.encode()
    tokens = duckdb.tokenize(query)
    ends = [*(at for at, _ in tokens[1:]), len(data)]
    statement: list[Token] = []
    for (at, kind), until in zip(tokens, ends, strict=False):
        if kind == duckdb.token_type.comment:  # by DuckDB 2; those before tell of none
            continue
        # A token's end is not told: what follows it up to the next is white space or a comment.
        found = _WORD.match(data[at:until].decode())
        word = found[0] if found else ""
        if word == ";" and statement:
            yield statement, at
            statement = []
        elif word not in ("", ";"):
            statement.append((word, at))
    if statement:
        yield statement, len(data)


def _refused(what: str) -> UsageError:
    return UsageError(
        f"SQL: {what} is refused: {_TAKES}, and nothing that writes, loads or sets;"
        " a DuckDB client of your own opens the same file"
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names, those that occur again with their place."""
    return [name if name not in names[:place] else f"{name}_{place + 1}" for place, name in enumerate(names)]
