"""How much of strangers' bodies is held at once: shares of one limit, given back when a page is sealed."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.errors import WarehouseError
from pipeline.fetch.memory import BodyMemory
from pipeline.fetch.sealing import Answers, Sealer

from .conftest import plain


async def hold(memory: BodyMemory, most: int, kept: int, order: list[int] | None = None) -> None:
    async with memory.share(most) as share:
        if order is not None:
            order.append(most)
        await asyncio.sleep(0)
        share.keep(kept)


def test_what_is_kept_stays_counted_until_it_is_freed():
    async def ask() -> None:
        memory = BodyMemory(100)
        await hold(memory, 60, 30)
        await hold(memory, 60, 30)
        assert memory.used == 60
        waiting = asyncio.create_task(hold(memory, 60, 0))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        memory.free(30)
        await waiting
        assert memory.used == 30

    asyncio.run(ask())


def test_first_come_first_served_and_one_is_always_let_through():
    async def ask() -> None:
        memory, order = BodyMemory(100), []
        await asyncio.gather(*(hold(memory, most, 0, order) for most in (70, 500, 10, 20)))
        assert order == [70, 500, 10, 20]
        assert memory.used == 0

    asyncio.run(ask())


def test_who_gives_up_waiting_leaves_the_others_their_turn():
    async def ask() -> None:
        memory = BodyMemory(10)
        await hold(memory, 10, 10)
        first, second = (asyncio.create_task(hold(memory, 10, 0)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        memory.free(10)
        await second
        assert memory.used == 0

    asyncio.run(ask())


def test_sealed_bodies_are_freed_whether_they_could_be_written_or_not():
    async def ask(fails: bool) -> None:
        def seal(answers: Answers) -> None:
            if fails:
                raise WarehouseError("no space is left")

        memory = BodyMemory(100)
        await hold(memory, 50, 50)
        sealer = Sealer(seal, memory)
        sealer.add(Answers(pages=[{"body": b"x" * 50}]))
        assert memory.used == 50
        if fails:
            with pytest.raises(WarehouseError):
                await sealer.flush()
        else:
            await sealer.flush()
        assert memory.used == 0

    for fails in (False, True):
        asyncio.run(ask(fails))


def test_a_listing_counts_while_it_is_read_and_nothing_stays_counted_at_the_end(server, monkeypatch):
    from pipeline.fetch import polling, source_visit

    clients, seen = [], []
    monkeypatch.setattr(polling, "HttpClient", lambda *a: clients.append(made := real_client(*a)) or made)
    real_client, real_reader = source_visit.HttpClient, source_visit.read_listing

    async def read(body: bytes, **about: object) -> object:
        seen.append((clients[0].memory.used, len(body)))
        return await real_reader(body, **about)

    monkeypatch.setattr(source_visit, "read_listing", read)
    server.list_pages("/a", "/gone", "/moved")
    server.routes |= {"/a": plain(b"<p>news</p>"), "/gone": plain(b"x", 404), "/moved": plain(b"", 302, Location="/a")}
    server.ask()
    assert seen[0][0] >= seen[0][1] > 0
    assert clients[0].memory.used == 0
