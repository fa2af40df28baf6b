"""The process that reads for the pool: frames of a task in, frames of its answer out, JSON and bytes and nothing else.

Started as `python -m pipeline.sandbox.worker READER`, so that it shares nothing with the process that started it: no fork
of a threaded task, no copy of its memory, no import of its main module. Its input's end is its own end.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import signal
import struct
import sys
import traceback
from importlib import import_module
from typing import IO, Any

HEADER = struct.Struct(">II")  # bytes of JSON, bytes of body
MOST_MEMORY = 2 * 1024**3  # address space; a real page takes 200 MB at most, most of it code and models


def write_frame(stream: IO[bytes], about: dict[str, Any], body: bytes = b"") -> None:
    """Write one frame: the lengths, JSON, bytes."""
    text = json.dumps(about, separators=(",", ":")).encode()
    stream.write(HEADER.pack(len(text), len(body)))
    stream.write(text)
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame; None at the end of the stream, also where it ends within a frame."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    text_size, body_size = HEADER.unpack(header)
    text, body = stream.read(text_size), stream.read(body_size)
    return (json.loads(text), body) if len(text) == text_size and len(body) == body_size else None


def _silence() -> None:
    """Send standard output and standard error nowhere; an error that ends the process is still told, in ASCII."""
    told = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    def tell(*error: Any) -> None:
        lines = "".join(traceback.format_exception(*error)).splitlines()
        os.write(told, "".join(f"{ascii(line)[1:-1]}\n" for line in lines).encode())

    sys.excepthook = tell


def main(reader_name: str) -> None:
    """Answer until the input ends; the kernel ends this process when a task takes too long or too much memory."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each of its threads reserves address space
    answers = os.fdopen(os.dup(1), "wb")
    _silence()  # whatever a library prints must not stand between the frames, and may be a stranger's words
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    logging.disable(logging.CRITICAL)
    reader = import_module(reader_name)
    reader.warm_up()  # models are read before the first task's clock runs
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        about, body = frame
        signal.setitimer(signal.ITIMER_REAL, about["timeout_seconds"])  # SIGALRM ends the process, even within C code
        try:
            answer = {"answer": reader.answer(about["task"], body)}
        except MemoryError:
            answer = {"death": "memory"}
        except RecursionError:
            answer = {"death": "recursion"}
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, answer)


if __name__ == "__main__":
    main(sys.argv[1])
