"""A reader that does what a stranger's code would, once it had taken over a parser."""

from __future__ import annotations

import os
import resource
import socket
import time
from pathlib import Path
from typing import Any


def warm_up() -> None:
    """Nothing to load."""


def answer(facts: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Do one thing, and tell how it went."""
    try:
        return {"done": globals()[f"_{facts['do']}"](facts, body)}
    except OSError as error:
        return {"error": type(error).__name__}


def _nothing(facts: dict[str, Any], body: bytes) -> int:
    return len(body)


def _burn(facts: dict[str, Any], body: bytes) -> None:
    """Work for so many seconds of processor time."""
    deadline = time.process_time() + facts["seconds"]
    while time.process_time() < deadline:
        pass


def _wait(facts: dict[str, Any], body: bytes) -> None:
    time.sleep(facts["seconds"])


def _environment(facts: dict[str, Any], body: bytes) -> list[str]:
    return sorted(os.environ)


def _connect(facts: dict[str, Any], body: bytes) -> None:
    socket.create_connection(("127.0.0.1", facts["port"]), timeout=5).close()


def _write(facts: dict[str, Any], body: bytes) -> None:
    with Path(facts["path"]).open("wb", buffering=0) as file:
        file.write(b"x")


def _open_files(facts: dict[str, Any], body: bytes) -> int:
    """Open one file again and again."""
    held: list[int] = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return len(held)
    finally:
        for number in held:
            os.close(number)


def _limits(facts: dict[str, Any], body: bytes) -> dict[str, int]:
    return {name: resource.getrlimit(getattr(resource, name))[1] for name in facts["names"]}


def _status(facts: dict[str, Any], body: bytes) -> str:
    return Path("/proc/self/status").read_text()
