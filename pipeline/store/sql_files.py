"""Views, macros and named queries as they stand in .sql files: one relation a file, a plain SELECT below a header of comments.

    -- First line: what it gives (becomes the comment).
    -- reads: articles, story_members        the tables and views it stands on
    -- arguments: id                         macros, and what stands in warehouse/inputs
    -- returns: a value                      scalar macros only
    -- column is_copy: Whether it is a copy. what a column means that no table or view below has, or has with another meaning

The files lie in warehouse/views, macros, inputs and queries; in an installed package beside this module, in sql/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.errors import WarehouseError
from pipeline.settings import PROJECT

_PACKED = Path(__file__).with_name("sql")  # where the wheel puts them: pyproject.toml, sources
SQL_FOLDER = _PACKED if _PACKED.is_dir() else PROJECT / "warehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One view, macro or named query from its .sql file; `columns` tells of those that have their meaning here."""

    name: str
    about: str
    body: str
    reads: tuple[str, ...] = ()
    arguments: str | None = None
    is_scalar: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its arguments."""
        return tuple(name.strip() for name in (self.arguments or "").split(",") if name.strip())


@cache
def load_relations(folder: Path) -> tuple[Relation, ...]:
    """Read the .sql files of a folder, each after what it reads.

    Raises:
        WarehouseError: there are none, a header is missing, or it names what is not there.
    """
    relations = {path.stem: _parse(path) for path in sorted(folder.glob("*.sql"))}
    if not relations:
        raise WarehouseError(f"there is no .sql file in {folder}; check the project out whole, or install Daybook anew")
    ordered: dict[str, Relation] = {}

    def add(relation: Relation, above: tuple[str, ...]) -> None:
        if relation.name in above:
            raise WarehouseError(f"{folder / relation.name}.sql reads itself: {' -> '.join((*above, relation.name))}")
        for name in relation.reads:
            if name in relations:
                add(relations[name], (*above, relation.name))
        ordered.setdefault(relation.name, relation)

    for relation in relations.values():
        add(relation, ())
    return tuple(ordered.values())


def with_what_they_read(names: Iterable[str]) -> tuple[Relation, ...]:
    """Some of the warehouse's views and the views that these stand on, each after what it reads.

    Raises:
        WarehouseError: there is no such view.
    """
    views = load_relations(SQL_FOLDER / "views")
    by_name = {view.name: view for view in views}
    needed = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in by_name:
            raise WarehouseError(f"there is no view {name!r}; the views are {', '.join(by_name)}")
        needed.add(name)
        waiting += [below for below in by_name[name].reads if below in by_name]
    return tuple(view for view in views if view.name in needed)


def _parse(path: Path) -> Relation:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    head = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    fields = {m[1]: m[2] for m in (re.match(r"(reads|arguments|returns): (.*)", line) for line in head) if m}
    columns = {m[1]: m[2] for m in (re.match(r"column (\w+): (.*)", line) for line in head) if m}
    about = " ".join(line for line in head if not re.match(r"(reads|arguments|returns|column \w+): ", line))
    if not about or "reads" not in fields:
        raise WarehouseError(f"{path} needs a first comment line and a line `-- reads: …`")
    body = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    return Relation(
        name=path.stem,
        about=about,
        body=body,
        reads=tuple(name.strip() for name in fields["reads"].split(",") if name.strip()),
        arguments=fields.get("arguments"),
        is_scalar="returns" in fields,
        columns=columns,
    )
