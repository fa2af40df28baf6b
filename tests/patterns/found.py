"""Every regular expression of the project, found in its code: compiled at import, or written where it is used."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pipeline

ROOTS = (pipeline,)
_PATTERN_FUNCTIONS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
_ANCHORED = {"match", "fullmatch"}
# What stands for a value that only the running program knows, in an f-string.
_SOMETHING = "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One pattern.

    Attributes:
        name: Module and variable, or module and a place in it.
        uses: The methods that it is called by: `search`, `sub`, …; all that may be, where the code does not tell.
    """

    name: str
    pattern: re.Pattern[Any]
    uses: frozenset[str]

    @property
    def is_anchored(self) -> bool:
        """Whether it is only tried at one place of a text."""
        return self.uses <= _ANCHORED


def find_patterns() -> list[Found]:
    """All patterns, each once, by name."""
    modules = [module for root in ROOTS for module in _modules(root)]
    trees = {module.__name__: _tree(module) for module in modules}
    found: dict[tuple[Any, int], Found] = {}
    for module in modules:
        uses = _uses(trees[module.__name__])
        for name, pattern in _compiled(module):
            known = uses.get(name.split("[")[0], frozenset())
            one = Found(name=f"{module.__name__}:{name}", pattern=pattern, uses=known or frozenset(["search"]))
            found.setdefault((pattern.pattern, pattern.flags), one)
        for one in _inline(module, trees[module.__name__]):
            found.setdefault((one.pattern.pattern, one.pattern.flags), one)
    return sorted(found.values(), key=lambda one: one.name)


def _modules(root: ModuleType) -> Iterator[ModuleType]:
    """A package's modules, all imported."""
    yield root
    for info in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def _tree(module: ModuleType) -> ast.Module:
    """A module's code."""
    with open(str(module.__file__), encoding="utf-8") as file:  # noqa: PTH123
        return ast.parse(file.read())


def _compiled(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns among a module's own globals, also within collections."""
    for name, value in vars(module).items():
        if not name.startswith("__"):
            yield from _within(name, value, depth=3)


def _within(name: str, value: object, depth: int) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns that a value is or holds."""
    if isinstance(value, re.Pattern):
        yield name, value
    elif depth and isinstance(value, dict):
        for key, held in value.items():
            yield from _within(f"{name}[{key!r}]", held, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for place, held in enumerate(value):
            yield from _within(f"{name}[{place}]", held, depth - 1)


def _uses(tree: ast.Module) -> dict[str, frozenset[str]]:
    """The pattern methods that each name of a module is called by; one that goes another way may be searched with."""
    uses: dict[str, set[str]] = {}
    owners: dict[str, str] = {}
    told: set[int] = set()
    for node in ast.walk(tree):  # for pattern in _PATTERNS
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
            for name in ast.walk(node.iter):
                if isinstance(name, ast.Name) and name.id.isupper():
                    owners[node.target.id] = name.id
                    told.add(id(name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            told.add(id(node.value))
            if node.attr in _PATTERN_FUNCTIONS:
                uses.setdefault(owners.get(node.value.id, node.value.id), set()).add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in told:
            uses.setdefault(node.id, set()).add("search")
    return {name: frozenset(methods) for name, methods in uses.items()}


def _inline(module: ModuleType, tree: ast.Module) -> Iterator[Found]:
    """Patterns that are written in a call of `re`, where they are no variable of the module."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for node in dict.fromkeys(node for function in functions for node in ast.walk(function)):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if not (is_call and isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
            continue
        if node.func.attr not in _PATTERN_FUNCTIONS or not node.args:
            continue
        text = _text(node.args[0], module)
        if text is None:
            if node.func.attr == "compile":  # a pattern handed to a function; what it gives is among the globals
                continue
            raise AssertionError(f"{module.__name__}:{node.lineno}: a pattern that this test cannot read")
        uses = frozenset(["search" if node.func.attr == "compile" else node.func.attr])
        yield Found(name=f"{module.__name__}:{node.lineno}", pattern=re.compile(text, _flags(node)), uses=uses)


def _text(node: ast.expr, module: ModuleType) -> Any:
    """A pattern's text; None where it is no text of this very place."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(_text(part, module)) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        if isinstance(node.value, ast.Name):
            known = getattr(module, node.value.id, _SOMETHING)
            return known if isinstance(known, str) else _SOMETHING
        return _SOMETHING
    return None


def _flags(node: ast.Call) -> int:
    """The flags that a call of `re` names."""
    named = [one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute) and one.attr.isupper()]
    return sum({getattr(re, name) for name in named if isinstance(getattr(re, name, None), re.RegexFlag)})
