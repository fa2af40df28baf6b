"""What asking costs: pages a CPU second and memory of the client alone, against plain requests for the same pages.

    daybook bench fetch [--scale 0.1] [--out FILE]

Two hundred host names stand on one local server, each with a feed of fifteen pages of 45 KB; between two requests to a host there
is no gap. The plain client asks the same addresses over one aiohttp session, thirty-two at a time, and keeps nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.watched import Watched, watch_command
from pipeline.errors import InputError

HOSTS = 200
PAGES = 15
PAGE_BYTES = 45_000
SIDE_BY_SIDE = 32


def run(
    data: Path | None = None, out: Path | None = None, *, scale: float = 1.0, only: Sequence[str] = ()
) -> dict[str, dict[str, object]]:
    """Measure both clients, each in a process of its own.

    Args:
        data: Where the temporary folder is made; None takes the system's place for it.
        out: Where the figures go, as JSON.
        scale: What share of the hosts.
        only: `daybook` or `plain`; none takes both.
    Returns:
        Of each client its pages, CPU seconds, pages a CPU second and highest memory; of daybook the ratio to plain too.
    Raises:
        InputError: there is no such client, or it did not get every page.
    """
    clients = tuple(only) or ("plain", "daybook")
    if unknown := sorted(set(clients) - {"plain", "daybook"}):
        raise InputError(f"clients are plain and daybook; not {', '.join(unknown)}")
    hosts = max(1, round(HOSTS * scale))
    figures: dict[str, dict[str, object]] = {}
    for client in clients:
        with tempfile.TemporaryDirectory(prefix="daybook-fetch-", dir=data) as made, _served() as port:
            figures[client] = _figure(client, _watched(client, port, hosts, Path(made)), hosts)
            print(f"{client}: {figures[client]}")
    if len(figures) == 2:
        ours, plain = (float(str(figures[name]["pages_per_cpu_second"])) for name in ("daybook", "plain"))
        figures["daybook"]["of_plain"] = round(ours / plain, 3)
    if out is not None:
        out.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def _watched(client: str, port: int, hosts: int, folder: Path) -> Watched:
    """One client's process."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    command = [sys.executable, "-m", "benchmarks.fetch", client, str(port), str(hosts), str(folder)]
    return watch_command(command, environ, folder / "log")


def _figure(client: str, watched: Watched, hosts: int) -> dict[str, object]:
    if watched.code != 0:
        raise InputError(f"{client} ended with {watched.code}: {watched.told[-3000:]}")
    told = json.loads(watched.told.splitlines()[-1])
    if told["pages"] != hosts * PAGES:
        raise InputError(f"{client} brought {told['pages']} of {hosts * PAGES} pages")
    return {
        "pages": told["pages"],
        "cpu_seconds": round(told["cpu_seconds"], 2),
        "pages_per_cpu_second": round(told["pages"] / told["cpu_seconds"], 1),
        "peak_mb": round(watched.peak_bytes / 1e6, 1),
        "is_within": True,
    }


@contextmanager
def _served() -> Iterator[int]:
    """The server in a process of its own; gives its port."""
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.fetch", "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


async def _serve() -> None:
    """Answer `/feed.xml`, `/robots.txt` and `/pN` of any host name until ended."""
    filler = "".join(f"<p>The {n}th ferry of the morning left the harbour on time.</p>" for n in range(2000))
    page = f"<html><head><title>Ferries</title></head><body><article>{filler}"[: PAGE_BYTES - 30].encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            host = head.lower().split("\r\nhost:", 1)[1].split("\r\n", 1)[0].strip()
            status, kind, body = "200 OK", "text/html; charset=utf-8", page
            if path == "/feed.xml":
                items = "".join(
                    f"<item><title>P{n}</title><link>http://{host}/p{n}</link></item>" for n in range(PAGES)
                )
                kind, body = "application/rss+xml", f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
            elif path == "/robots.txt":
                status, body = "404 Not Found", b""
            tail = f"<!-- {host}{path} -->".encode() if body is page else b""
            about = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body) + len(tail)}\r\n"
            writer.write(f"{about}Connection: close\r\n\r\n".encode() + body + tail)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _ask_plainly(port: int, hosts: int) -> int:
    """Ask every feed and page over one session; gives the number of pages."""
    import aiohttp

    slots = asyncio.Semaphore(SIDE_BY_SIDE)
    count = 0

    async def ask(session: aiohttp.ClientSession, host: int, path: str) -> None:
        nonlocal count
        async with (
            slots,
            session.get(f"http://127.0.0.1:{port}{path}", headers={"Host": f"h{host}.example"}) as response,
        ):
            count += len(await response.read()) > 40_000

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        for paths in (["/robots.txt", "/feed.xml"], [f"/p{n}" for n in range(PAGES)]):
            await asyncio.gather(*(ask(session, host, path) for host in range(hosts) for path in paths))
    return count


def _ask_as_daybook(port: int, hosts: int, folder: Path) -> int:
    """The tasks list_sources and fetch; gives the number of pages that they sealed."""
    from pipeline.runs.run import Run
    from pipeline.settings import Settings
    from pipeline.stages import ingest
    from pipeline.windows import Window

    sources = folder / "sources.toml"
    sources.write_text(
        "".join(f'[[source]]\nid = "h{n}"\nkind = "feed"\nurl = "http://h{n}.example/feed.xml"\n' for n in range(hosts))
    )
    settings = Settings(
        warehouse=folder / "w", sources=sources, resolve=(f"example=127.0.0.1:{port}",), fetch_gap_seconds=0.0
    )
    now = datetime.now(UTC)
    run = Run.of(settings, "news_ingest", Window.of_hour(now), started_at=now)
    fetched = [ingest.fetch(run, group) for group in ingest.list_sources(run)]
    return sum(counts["new"] for note in fetched for counts in note["report"]["sources"].values())


def _main(client: str, *arguments: str) -> None:
    if client == "serve":
        asyncio.run(_serve())
        return
    port, hosts, folder = int(arguments[0]), int(arguments[1]), Path(arguments[2])
    pages = asyncio.run(_ask_plainly(port, hosts)) if client == "plain" else _ask_as_daybook(port, hosts, folder)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"pages": pages, "cpu_seconds": sum(u.ru_utime + u.ru_stime for u in used)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
