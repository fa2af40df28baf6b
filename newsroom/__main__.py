"""Run the newsroom in the foreground: `python -m newsroom [--port 8765] [--now INSTANT] [--log FILE]`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from newsroom.answers import read_now
from newsroom.content import load_newsroom
from newsroom.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 0 when ended so, 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m newsroom", description="Serve the sample newsroom on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1; 0 takes a free one (default: 8765)")
    parser.add_argument("--log", type=Path, help="append the access log to this file, one JSON object a line")
    parser.add_argument(
        "--now", type=_instant, help="what askers see who send no X-Newsroom-Now (default: the end of the last day)"
    )
    options = parser.parse_args(arguments)

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    newsroom = load_newsroom()
    try:
        handle = serve(options.port, newsroom=newsroom, log_path=options.log, now=options.now)
    except OSError as error:
        print(f"port {options.port} cannot be had ({error.strerror}); choose another with --port", file=sys.stderr)
        return 1
    with handle:
        print(f"The sample newsroom, {newsroom.days[0]} to {newsroom.days[-1]}: http://127.0.0.1:{handle.port}/")
        for outlet in newsroom.outlets:
            print(f"  {outlet.name}: http://{outlet.host.replace('.example', '.localhost')}:{handle.port}/")
            print(f"    feed {outlet.url(outlet.feed.path)}")
        print(f"Any crawler finds it with http_proxy=http://127.0.0.1:{handle.port}")
        print(f"Daybook finds it with DAYBOOK_RESOLVE=example=127.0.0.1:{handle.port}", flush=True)
        ended.wait()
    return 0


def _instant(text: str) -> datetime:
    """An ISO instant as the command line has it."""
    return read_now(text, datetime.max.replace(tzinfo=UTC))


if __name__ == "__main__":
    sys.exit(main())
