"""Answers handed on as they come: what is sealed is safe from a kill, and no longer in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import cast

from pipeline.errors import WarehouseError
from pipeline.fetch.memory import BodyMemory
from pipeline.fetch.results import Row

# A kill costs the answers of so many seconds: each is asked again.
SEAL_SECONDS = 2.0
# So many bytes of bodies are sealed at once; a writer needs about three times that while it works.
SEAL_BYTES = 8 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Answers:
    """What came of some requests, whatever source asked them.

    Attributes:
        pages: PAGES rows.
        requests: FETCHES rows.
        chosen: FETCHES rows of pages that were chosen and not asked yet, as `not-now`: no requests, but what is left to ask.
        refusals: QUARANTINE rows.
        states: FEED_STATE rows of listings that were read, as if all their pages were settled.
    """

    pages: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    chosen: list[Row] = field(default_factory=list)
    refusals: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def add(self, other: Answers) -> None:
        """Take in what another one holds."""
        for each in fields(self):
            getattr(self, each.name).extend(getattr(other, each.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a run that was killed had sealed of one source's visit, besides pages and requests.

    Attributes:
        state: The FEED_STATE row of its listing, as if all its pages were settled; None where it was not read.
        brought: Cleaned URLs whose answer was a page.
        refused: Cleaned URLs that were refused.
    """

    state: Row | None = None
    brought: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


Seal = Callable[[Answers], None]


class Sealer:
    """Collects answers and seals them when they are old or large enough; one writer at a time, off the event loop.

    Args:
        memory: Where the bodies of the answers are counted, until they are sealed.
    """

    def __init__(self, seal: Seal, memory: BodyMemory) -> None:
        self._seal = seal
        self._memory = memory
        self._open = Answers()
        self._bytes = 0
        self._since: float | None = None
        self._error: BaseException | None = None
        self._writing = asyncio.Lock()

    def add(self, answers: Answers) -> None:
        """Take answers in; they are sealed within `SEAL_SECONDS` while `keep_sealing` runs."""
        self._open.add(answers)
        self._bytes += sum(len(cast(bytes, page["body"])) for page in answers.pages)
        self._since = self._since or time.monotonic()

    async def make_room(self) -> None:
        """Wait until what is open is sealed, where it has grown large: whoever brings more is held back.

        Raises:
            WarehouseError: sealing failed, here or before.
        """
        if self._bytes >= SEAL_BYTES or self._error is not None:
            await self.flush()

    async def flush(self) -> None:
        """Seal what is open.

        Raises:
            WarehouseError: it cannot be written, now or the time before: what was open then is lost.
        """
        async with self._writing:
            if self._error is not None:
                raise self._error
            answers, self._open, size, self._bytes, self._since = self._open, Answers(), self._bytes, 0, None
            if not answers:
                return
            try:
                await asyncio.to_thread(self._seal, answers)
            except Exception as error:
                self._error = error
                raise
            finally:
                self._memory.free(size)

    async def keep_sealing(self) -> None:
        """Seal what is old enough, until cancelled."""
        while True:
            await asyncio.sleep(SEAL_SECONDS / 4)
            if self._since is not None and time.monotonic() - self._since >= SEAL_SECONDS * 3 / 4:
                with suppress(WarehouseError):  # whoever brings the next answer is told
                    await self.flush()
