"""The seal of a snapshot, `_SUCCESS`: written when all else of it is, with the hashes of its manifest and of its views file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.files import appearing, sha256_of, write_bytes
from pipeline.store.manifest import MANIFEST

SUCCESS = "_SUCCESS"
VIEWS_FILE = "_warehouse.duckdb"
_SEALED = (MANIFEST, VIEWS_FILE)


def write_seal(snapshot: Path) -> None:
    """Seal a snapshot that is whole but for this."""
    write_bytes(snapshot / SUCCESS, _text(snapshot))


def renew_seal(snapshot: Path) -> None:
    """Seal a snapshot again whose views or manifest were written anew; its age stays what it was."""
    path = snapshot / SUCCESS
    made_ns = path.stat().st_mtime_ns if path.exists() else None
    with appearing(path) as unfinished:
        unfinished.write_bytes(_text(snapshot))
        if made_ns is not None:
            os.utime(unfinished, ns=(made_ns, made_ns))


def sealed_hashes(snapshot: Path) -> Mapping[str, str]:
    """The SHA-256 of each sealed file by its name; none where the snapshot is of before there were any, or has no seal."""
    with suppress(OSError, ValueError, AttributeError):
        told = json.loads((snapshot / SUCCESS).read_bytes())["sha256"]
        return {name: str(told[name]) for name in _SEALED if name in told}
    return {}


def _text(snapshot: Path) -> bytes:
    return (json.dumps({"sha256": {name: sha256_of(snapshot / name) for name in _SEALED}}) + "\n").encode()
