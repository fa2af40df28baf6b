"""The process that reads for the pool: frames of a task in, frames of its answer out, JSON and bytes and nothing else.

Started as `python -m pipeline.sandbox.worker READER`, so that it shares nothing with the process that started it: no fork
of a threaded task, no copy of its memory, no import of its main module. Its input's end is its own end.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import signal
import struct
import sys
import traceback
from importlib import import_module
from typing import IO, Any

from pipeline.sandbox.guards import close_network, drop_rights, limit_resources

HEADER = struct.Struct(">II")  # bytes of JSON, bytes of body


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
    """Say which guards hold, then answer until the input ends.

    The kernel ends this process when a task takes too much processor time or memory, or when the clock says that
    something else went wrong: the two alarms hold within C code, and though the parent be gone.
    """
    network = close_network()  # while there is one thread: afterwards the kernel refuses
    answers = os.fdopen(os.dup(1), "wb")
    _silence()  # whatever a library prints must not stand between the frames, and may be a stranger's words
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    logging.disable(logging.CRITICAL)
    reader = import_module(reader_name)
    reader.warm_up()  # models are read before the first task's clock runs
    gc.freeze()  # and stay: collections need not walk over them
    guards = {"network": network, "rights": drop_rights(), **limit_resources()}
    write_frame(answers, {"guards": guards})
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        about, body = frame
        signal.setitimer(signal.ITIMER_PROF, about["cpu_seconds"])  # SIGPROF ends the process, and so does SIGALRM
        signal.setitimer(signal.ITIMER_REAL, about["wall_seconds"])
        try:
            answer = {"answer": reader.answer(about["task"], body)}
        except MemoryError:
            answer = {"death": "memory"}
        except RecursionError:
            answer = {"death": "recursion"}
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, answer)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # the parent is gone
        main(sys.argv[1])
