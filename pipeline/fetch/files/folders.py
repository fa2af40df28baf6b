"""Pages that lie in folders as files: which count, what they hold, and how a folder is walked."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.fetch.bodies import gunzip
from pipeline.fetch.results import Failure
from pipeline.fetch.unpacking import GZIP_MAGIC, CutShort, TooLarge
from pipeline.reasons import Reason
from pipeline.text.controls import escape_bytes

_TYPES = {"html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "txt": "text/plain"}
_PACKED = "gz"
PAGE_SUFFIXES = tuple(f".{name}{end}" for name in _TYPES for end in ("", f".{_PACKED}"))

# What people put beside pages, and what to do with it instead.
_INSTEAD = {
    "md": "save it as .txt, its title in the first line",
    "eml": "save the letter's page as .html, or its text as .txt with the title in the first line",
    "mhtml": "save the page as .html",
    "json": "save the article's page as .html, or its text as .txt with the title in the first line",
    "csv": "a list of addresses is a source of kind sitemap: a text file of one address a line, served over HTTP",
    "opml": "list its feeds in sources.toml, a source each",
    "pdf": "save its text as .txt with the title in the first line",
    "warc": "give it to --warc, or make it a source of kind warc",
    "zip": "unpack it here",
}
_ALIKE = {
    "markdown": "md", "msg": "eml", "mbox": "eml", "mht": "mhtml", "webarchive": "mhtml", "jsonl": "json", "ndjson": "json",
    "tsv": "csv", "xls": "csv", "xlsx": "csv", "xml": "opml", "rss": "opml", "atom": "opml", "doc": "pdf", "docx": "pdf",
    "odt": "pdf", "rtf": "pdf", "epub": "pdf", "warc.gz": "warc", "arc.gz": "warc", "wacz": "warc", "tar": "zip", "tar.gz": "zip",
    "tgz": "zip", "7z": "zip", "rar": "zip",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file. `failure` says why it is no page; its body is then empty."""

    path: Path
    content_type: str | None = None
    body: bytes = b""
    failure: Failure | None = None


def content_type_of(name: str) -> str | None:
    """The content type by suffix, any case; None where the suffix is not a page's.

    Example:
        >>> content_type_of("mill.HTML.gz"), content_type_of("mill.pdf")
        ('text/html', None)
    """
    parts = name.lower().split(".")[1:]
    if parts and parts[-1] == _PACKED:
        parts.pop()
    return _TYPES.get(parts[-1]) if parts else None


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder, as far as may be seen."""
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, a folder above that is closed
        return False


def list_files(folder: Path, refused: list[PageFile] | None = None) -> list[str]:
    """The names, below a folder, of every file in it, sorted; hidden ones and those in hidden folders are left out.

    Linked folders are not followed, and stand among the files.

    Args:
        refused: Takes the folders below that cannot be listed.
    Raises:
        InputError: the folder itself cannot be listed.
    """

    def fail(error: OSError) -> None:
        here = Path(os.fsdecode(error.filename or folder))
        if here == folder:
            raise InputError(f"cannot list {folder}: {error.strerror}; name a folder that can be read")
        if refused is not None:
            refused.append(_refused(here, Reason.UNREADABLE, f"a folder that cannot be listed: {error.strerror}"))

    if not is_folder(folder):
        raise InputError(f"{folder} is no folder; name one that holds {', '.join(PAGE_SUFFIXES)} files")
    found: list[str] = []
    for here, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [name for name in folders if Path(here, name).is_symlink()]
        below = here[len(os.fspath(folder)) :].lstrip("/")
        before = f"{below}/" if below else ""
        found += [before + name for name in (*names, *linked) if not name.startswith(".")]
    found.sort()
    return found


def read_page_file(path: Path, *, max_bytes: int, folder: Path | None = None) -> PageFile:
    """Read one file, unpacked where it is gzipped; one that cannot be read is refused.

    Args:
        max_bytes: Cap on the unpacked bytes; nothing larger is ever held.
        folder: A link that leads out of this folder is refused; None lets links lead anywhere.
    """
    try:
        if folder is not None and path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            return _refused(path, Reason.OUTSIDE_FOLDER, f"a link to {path.resolve()}")
        content_type = content_type_of(path.name)
        if content_type is None:
            return _refused(path, Reason.NOT_TEXT, _no_page(path.name))
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return _refused(path, Reason.NOT_TEXT, "not a regular file")
        if about.st_size > max_bytes:
            return _refused(path, Reason.TOO_LARGE, f"{about.st_size} bytes, more than {max_bytes}")
        body = _read_regular(path, max_bytes)
    except TooLarge:
        return _refused(path, Reason.TOO_LARGE, f"more than {max_bytes} bytes")
    except (OSError, RuntimeError) as error:  # until Python 3.13 a loop of links is a RuntimeError
        why = (error.strerror if isinstance(error, OSError) else None) or "a loop of links"
        return _refused(path, Reason.UNREADABLE, f"cannot be read: {why}")
    if body.startswith(GZIP_MAGIC):
        try:
            body = gunzip(body, max_bytes)
        except TooLarge:
            return _refused(path, Reason.TOO_LARGE, f"more than {max_bytes} bytes once unpacked")
        except CutShort as error:
            return _refused(path, Reason.UNREADABLE, str(error))
        except OSError:
            return _refused(path, Reason.BAD_ENCODING, "gzip, but broken")
    return PageFile(path=path, content_type=content_type, body=body)


def iter_page_files(folder: Path, *, max_bytes: int) -> Iterator[PageFile]:
    """Read every file of a folder, one in memory at a time; after them, the folders below that cannot be listed.

    Raises:
        InputError: the folder cannot be listed.
    """
    unlisted: list[PageFile] = []
    for name in list_files(folder, unlisted):
        yield read_page_file(folder / name, max_bytes=max_bytes, folder=folder)
    yield from unlisted


def _no_page(name: str) -> str:
    """Why a file of this name is no page, and what to do with one of its kind."""
    told = f"its suffix is none of {', '.join(PAGE_SUFFIXES)}"
    parts = name.lower().split(".")[1:]
    for suffix in (".".join(parts[-2:]), *parts[-1:]):
        if instead := _INSTEAD.get(_ALIKE.get(suffix, suffix)):
            return f"{told}; {instead}"
    return told


def _read_regular(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file that was regular when it was looked at; what took its place since then blocks nobody."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        body = file.read(max_bytes + 1) or b""
    if len(body) > max_bytes:
        raise TooLarge
    return body


def _refused(path: Path, reason: Reason, detail: str) -> PageFile:
    """A file that is no page; a detail may name a file, in whatever bytes its name is."""
    return PageFile(path=path, failure=Failure(reason=reason, detail=escape_bytes(detail)))
