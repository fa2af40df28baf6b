"""Withdrawn articles and published digests: the one change that a published build ever sees."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.files import appearing, file_errors, fsync, make_folders, remove, write_bytes
from pipeline.publish.builds import builds_folder, hash_files, read_build
from pipeline.publish.document import Document
from pipeline.publish.render import render_files

_BESIDE = ".withdrawn"


def write_beside(root: Path, withdrawals: Sequence[Mapping[str, Any]], titles: Collection[str]) -> dict[str, str]:
    """Write what builds are without some articles beside each build that held something of them.

    Args:
        withdrawals: WITHDRAWALS rows.
        titles: What the articles were called, and no other is: no heading says so any more.
    Returns:
        By build id the hash of its files to come; `put_in_place` makes them the build's own.
    Raises:
        WarehouseError: they cannot be written, for want of space for example.
    """
    hashes = {}
    for build_id, document in _documents(root):
        taken = take_out_of(document, withdrawals, titles)
        if taken != document:
            files = render_files(taken)
            beside = _beside(root, build_id)
            remove(beside)
            with file_errors("write a digest without what is withdrawn to", beside):
                make_folders(beside)
                for name, data in sorted(files.items()):
                    write_bytes(beside / name, data)
                fsync(beside)
            hashes[build_id] = hash_files(files)
    return hashes


def put_in_place(root: Path, outputs: Mapping[str, str]) -> list[str]:
    """Put what was written beside in the place of the builds' files, where it is what was recorded.

    What a killed run left half-written goes. The caller holds the lock.

    Args:
        outputs: By build id the recorded hash of its files; a build of which nothing is recorded takes what there is.
    Returns:
        The builds whose files were replaced.
    Raises:
        WarehouseError: one cannot be written; the same call goes on from there.
    """
    done = []
    for beside in sorted(builds_folder(root).glob(".*")):
        build_id = beside.name.removeprefix(".").removesuffix(_BESIDE)
        files = {path.name: path.read_bytes() for path in beside.iterdir()} if beside.name.endswith(_BESIDE) else {}
        if files and hash_files(files) == outputs.get(build_id, hash_files(files)):
            for name, data in sorted(files.items()):  # what is written beside goes last, so that this can be done again
                path = builds_folder(root) / build_id / name
                with file_errors("write", path), appearing(path) as unfinished:
                    unfinished.write_bytes(data)
            done.append(build_id)
        remove(beside)
    return done


def builds_telling(root: Path, article_ids: Collection[str]) -> list[str]:
    """The builds on disk that hold something of some articles still."""
    rows = [{"article_id": article_id} for article_id in article_ids]
    return [build_id for build_id, document in _documents(root) if any(_holds(document, row) for row in rows)]


def take_out_of(document: Document, withdrawals: Iterable[Mapping[str, Any]], titles: Collection[str] = ()) -> Document:
    """The document of a build without some articles, with an erratum for each that it held something of.

    A line goes with the article that it is a passage of; where the article only bears a line out, it is a source of it no more.
    Figures stay as they were counted.

    Args:
        withdrawals: WITHDRAWALS rows.
        titles: Headings that go.
    Returns:
        An equal document where it held nothing of them. `withdrawn` lists the errata, each with the ids of the lines that went.
    """
    for withdrawal in withdrawals:
        if _holds(document, withdrawal):
            document = _without(document, withdrawal)
    if any(story[name] in titles for story in document["stories"] for name in ("headline", "name") if story.get(name)):
        stories = [
            story | {name: None for name in ("headline", "name") if story.get(name) in titles}
            for story in document["stories"]
        ]
        document = document | {"stories": stories}
    return document


def _holds(document: Document, withdrawal: Mapping[str, Any]) -> bool:
    """Whether a document holds something of an article."""
    return any(_is_of(article, withdrawal) for article in _articles(document))


def _articles(document: Document) -> Iterator[Mapping[str, Any]]:
    """All articles that a document tells something of."""
    for story in document["stories"]:
        for line in story["developments"]:
            yield from line["citations"]
            yield from line["copies"]
    yield from document["corrections"]
    yield from document.get("withheld", [])


def _is_of(article: Mapping[str, Any], withdrawal: Mapping[str, Any]) -> bool:
    return bool(article["article_id"] == withdrawal["article_id"])


def _without(document: Document, withdrawal: Mapping[str, Any]) -> Document:
    """A document without an article that it held something of."""
    gone: list[str] = []
    stories = []
    for story in document["stories"]:
        lines = []
        for line in story["developments"]:
            if _is_of(line["citations"][0], withdrawal):
                gone.append(line["development_id"])
                continue
            kept = {
                name: [article for article in line[name] if not _is_of(article, withdrawal)]
                for name in ("citations", "copies")
            }
            lines.append(line | kept)
        stories.append(story | {"developments": lines, "is_quiet": story["is_quiet"] or not lines})
    errata = document.get("withdrawn", [])
    told = [one for one in errata if not _is_of(one, withdrawal)]
    gone = [*(line for one in errata if _is_of(one, withdrawal) for line in one["lines"]), *gone]
    others = {
        name: [article for article in document[name] if not _is_of(article, withdrawal)]
        for name in ("corrections", "withheld")
        if name in document
    }
    brief = {"brief": [one for one in document["brief"] if one not in gone]} if "brief" in document else {}
    return document | others | brief | {"stories": stories, "withdrawn": [*told, erratum_of(withdrawal, gone)]}


def erratum_of(withdrawal: Mapping[str, Any], lines: Sequence[str]) -> Document:
    """What a document says of a withdrawn article, and of which lines it takes the place."""
    return {
        "article_id": withdrawal["article_id"],
        "url": withdrawal["url"],
        "why": withdrawal["why"],
        "withdrawn_on": withdrawal["withdrawn_at"].date().isoformat(),
        "lines": list(lines),
    }


def _documents(root: Path) -> Iterator[tuple[str, Document]]:
    """The document of every build on disk, also of those that no row tells of."""
    folder = builds_folder(root)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        data = read_build(root, path.name).get("digest.json") if not path.name.startswith(".") else None
        if data is not None:
            yield path.name, json.loads(data)


def _beside(root: Path, build_id: str) -> Path:
    return builds_folder(root) / f".{build_id}{_BESIDE}"
