"""The process that reads pages for the pool: frames of pickled pages in, frames of pickled extractions out.

Started as `python -m pipeline.extract.worker`, so that it shares nothing with the process that started it: no fork of
a threaded task, no copy of its memory, no import of its main module. Its input's end is its own end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from typing import IO

HEADER = struct.Struct(">I")
MOST_MEMORY = 2 * 1024**3  # address space; a real page takes 200 MB at most, most of it code and models

_WARM_UP = (
    b"<html><body><article><p>"
    + b"The harbour board voted to dredge the channel. " * 8
    + b"</p></article></body></html>"
)


def write_frame(stream: IO[bytes], payload: bytes) -> None:
    """Write one frame: its length, then its bytes."""
    stream.write(HEADER.pack(len(payload)))
    stream.write(payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read one frame; None at the end of the stream, also where it ends within a frame."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    payload = stream.read(size)
    return payload if len(payload) == size else None


def main() -> None:
    """Read pages until the input ends; the kernel ends this process when one takes too long or too much memory."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each of its threads reserves address space
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between the frames
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    logging.disable(logging.CRITICAL)
    from pipeline.extract.page import Page, extract_page, refuse
    from pipeline.reasons import Reason

    extract_page(Page(body=_WARM_UP))  # models are read before the first page's clock runs
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        page, timeout_seconds = pickle.loads(frame)
        signal.setitimer(signal.ITIMER_REAL, timeout_seconds)  # SIGALRM's default ends the process, even within C code
        try:
            answer = extract_page(page)
        except MemoryError:
            answer = refuse(Reason.EXTRACT_CRASH, "out of memory")
        except RecursionError:
            answer = refuse(Reason.TOO_COMPLEX, "nested too deep")
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, pickle.dumps(answer))


if __name__ == "__main__":
    main()
