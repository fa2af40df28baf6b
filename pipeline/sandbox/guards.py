"""What a reading process gives up before it sees a stranger's byte; each guard as far as the system has it.

Each function says in a word what holds, so that the pool can write it down: a guard that is missing is no error.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys
from collections.abc import Mapping

MOST_MEMORY = 2 * 1024**3  # address space; a real page takes 200 MB at most, most of it code and models
MOST_FILES = 64  # open at once: a reader has its pipes, and libraries their models

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_NO_NEW_PRIVS = 38

# What an interpreter and its libraries need of the environment; a secret is in none of these.
_NEEDED = """
    PATH PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PYTHONUTF8 VIRTUAL_ENV LD_LIBRARY_PATH DYLD_LIBRARY_PATH
    LANG LANGUAGE TZ TMPDIR
"""
_KEPT = frozenset(_NEEDED.split())
_KEPT_PREFIXES = ("LC_", "OPENBLAS_")


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a reading process: what Python needs, and nothing of what the parent knows.

    Example:
        >>> clean_environment({"PATH": "/bin", "LC_ALL": "C", "POSTGRES_PASSWORD": "x"})
        {'PATH': '/bin', 'LC_ALL': 'C', 'OPENBLAS_NUM_THREADS': '1'}
    """
    kept = {key: value for key, value in environ.items() if key in _KEPT or key.startswith(_KEPT_PREFIXES)}
    return kept | {"OPENBLAS_NUM_THREADS": "1"}  # each of its threads reserves address space


def close_network() -> str:
    """Leave the network behind, where the system lets this user do so: "closed", or "open".

    Root needs no namespace of users for it, and would lose its rights to others' files in one, the project's among them.
    """
    if not sys.platform.startswith("linux"):
        return "open"
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None, use_errno=True)
        if library.unshare(_CLONE_NEWNET) == 0 or library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
            return "closed"
    return "open"


def drop_rights() -> str:
    """Never gain a right again, by no program that is called: "dropped", or "kept" where the system knows no such thing."""
    if not sys.platform.startswith("linux"):
        return "kept"
    with contextlib.suppress(OSError, AttributeError):
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            return "dropped"
    return "kept"


def limit_resources() -> dict[str, str]:
    """Set the kernel's limits: memory, open files, no file written, no core dump; "limited" or "open" of each."""
    wanted = {
        "memory": (resource.RLIMIT_AS, MOST_MEMORY),
        "files": (resource.RLIMIT_NOFILE, MOST_FILES),
        "writing": (resource.RLIMIT_FSIZE, 0),
        "core": (resource.RLIMIT_CORE, 0),
    }
    return {name: "limited" if _limit(kind, most) else "open" for name, (kind, most) in wanted.items()}


def _limit(kind: int, most: int) -> bool:
    """Set one limit for good; whether the system took it."""
    _, hard = resource.getrlimit(kind)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(kind, (least, least))
    except (ValueError, OSError):  # macOS knows no limit on memory
        return False
    return True
