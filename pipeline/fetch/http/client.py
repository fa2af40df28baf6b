"""The HTTP client: one polite, bounded, suspicious GET at a time per host. Every failure is a value with a reason.

Why aiohttp: a total deadline ends answers that drip a byte at a time, and the
socket factory sees the very address before it is connected to.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from pipeline.errors import SettingsError
from pipeline.fetch.bodies import (
    KNOWN_ENCODINGS,
    UNASKED_ENCODINGS,
    decode_captured,
    encoding_of,
    is_page_type,
)
from pipeline.fetch.http.addresses import AddressBook, Target, current_target
from pipeline.fetch.http.failures import forbidden, named_failure, unforeseen
from pipeline.fetch.http.politeness import Host, Hosts, wait_asked
from pipeline.fetch.http.requests import FetchRequest, FetchResponse, RequestLog
from pipeline.fetch.http.robots import ROBOTS_MAX_BYTES, RobotsRules, product_token, read_rules
from pipeline.fetch.memory import BodyMemory
from pipeline.fetch.results import Failure
from pipeline.fetch.unpacking import GZIP_MAGIC, TooLarge, Unpacker
from pipeline.reasons import Reason
from pipeline.settings import Settings
from pipeline.text.urls import clean_host

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
MAX_REDIRECTS = 10

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK_BYTES = 1 << 16


class HttpClient:
    """An open HTTP session for one run; use it as an async context manager.

    Args:
        settings: Deadlines, caps, the named hosts, and how Daybook introduces itself.
        clock: Gives the instants of capture, until a visit brings its own.
    Raises:
        SettingsError: there is no user agent, or a named place or the proxy is none.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        if not settings.user_agent.strip():
            raise SettingsError("DAYBOOK_USER_AGENT is empty; give a name and a contact, hosts want to know who asks")
        self._settings = settings
        self._clock = clock
        self._book = AddressBook(allow_hosts=settings.allow_hosts, resolve=settings.resolve)
        self._proxy = _proxy_of(settings.proxy)
        self._agent = product_token(settings.user_agent)
        self._blocked = frozenset(clean_host(name.strip(".")) for name in settings.block_hosts)
        self._hosts = Hosts()
        self._rules: dict[str, asyncio.Task[RobotsRules]] = {}
        # Bodies on their way, each at its cap at worst: what strangers send is held back, not piled up.
        self.memory = BodyMemory(settings.fetch_memory_bytes)
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # Hosts counts
            # A second response to one request would be taken for that to the next, and text quoted under a wrong URL; with
            # seconds between two requests to one host, a connection kept open saves nothing.
            force_close=True,
            resolver=self._book.resolver(),
            socket_factory=self._book.open_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip, deflate"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            trust_env=False,
            auto_decompress=False,  # it knows no cut body, and raises for encodings before they can be refused by name
            requote_redirect_url=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._rules.values():
            task.cancel()
        await asyncio.gather(*self._rules.values(), return_exceptions=True)
        await self._session.close()

    def begin_visit(self, clock: Callable[[], datetime], rests: Mapping[str, datetime]) -> None:
        """Begin a round of asking: hosts that kept silent get another chance, and so do robots.txt files that failed.

        Rules that were read are kept for the whole run.

        Args:
            clock: Gives the instants of this visit's captures.
            rests: Host names with the instant until which each is left alone.
        """
        self._clock = clock
        self._hosts.begin(rests)
        failed = [origin for origin, task in self._rules.items() if task.done() and task.result().unreachable]
        for origin in failed:
            del self._rules[origin]

    def rests_until(self, url: str) -> datetime | None:
        """Until when the host of a URL asked to be left alone, if that lies ahead."""
        parsed = _readable(url)
        if isinstance(parsed, Failure):
            return None
        host = self._hosts.of(parsed.raw_host or "")
        return host.rests_until if host.objection(self._clock()) else None

    async def ask(self, request: FetchRequest, request_log: RequestLog) -> FetchResponse:
        """Ask one URL, robots.txt first, redirects followed by hand.

        The deadline counts time on the wire; waiting for a host's turn does not. The body's bytes stay counted in `memory`:
        whoever is done with it frees them.

        Args:
            request_log: Every request made on the way, robots.txt included, is added with its answer.
        """
        answer = FetchResponse(url=request.url, asked_at=self._clock())
        budget = self._settings.fetch_total_seconds
        cookies = aiohttp.CookieJar(quote_cookie=False)  # set along a chain of redirects, and forgotten at its end
        for _ in range(MAX_REDIRECTS + 1):
            try:
                left = budget - answer.milliseconds / 1000
                answer, target = await self._hop(request, answer, left, cookies, request_log)
            except Exception as error:  # noqa: BLE001 - one odd address must not end the asking of all others
                answer, target = replace(answer, failure=unforeseen(error, answer.url)), None
            if target is None:
                break
            answer = replace(answer, url=target)
        else:
            failure = Failure(reason=Reason.BAD_REDIRECT, detail=f"more than {MAX_REDIRECTS} redirects")
            answer = replace(answer, failure=failure)
        answer = replace(answer, size=len(answer.body) or answer.size)
        request_log.append((request, replace(answer, body=b"")))
        return answer

    async def _hop(
        self,
        request: FetchRequest,
        so_far: FetchResponse,
        budget: float,
        cookies: aiohttp.CookieJar,
        request_log: RequestLog,
    ) -> tuple[FetchResponse, str | None]:
        """One GET in the host's turn; gives the answer, and where it redirects to."""
        url = _readable(so_far.url)
        if isinstance(url, Failure):
            if so_far.status is not None:
                url = Failure(reason=Reason.BAD_REDIRECT, detail=f"to {so_far.url[:200]}")
            return replace(so_far, failure=url), None
        if self._is_blocked(url.raw_host or ""):
            blocked = Failure(reason=Reason.BLOCKED_HOST, detail=f"{url.raw_host} is on this installation's block list")
            return replace(so_far, failure=blocked), None
        host = self._hosts.of(url.raw_host or "")
        if resting := host.objection(self._clock()):
            return replace(so_far, failure=resting), None
        rules = None
        if request.purpose != "robots":
            rules = await self.rules_of(url, request, request_log)
            if objection := rules.objection(str(url)):
                return replace(so_far, failure=objection), None
        delay = rules.crawl_delay_seconds if rules else None
        async with self._hosts.turn(host, request.gap_seconds, delay) as refusal:
            if refusal is not None:
                return replace(so_far, failure=refusal), None
            async with request.admission() as over, self.memory.share(0 if over else request.max_bytes) as share:
                if over is not None:
                    return replace(so_far, failure=over), None
                asked_at = self._clock() if so_far.milliseconds == 0 else so_far.asked_at
                started = time.monotonic()  # waiting for memory is not the host's time
                answer, target = await self._get(request, replace(so_far, asked_at=asked_at), url, budget, cookies)
                share.keep(len(answer.body))
            milliseconds = so_far.milliseconds + max(1, round((time.monotonic() - started) * 1000))
            answer = self._heeded(replace(answer, milliseconds=milliseconds), host)
        return answer, target

    def _is_blocked(self, host: str) -> bool:
        """Whether a host, or a domain above it, is on the block list."""
        labels = host.lower().rstrip(".").split(".")
        return any(".".join(labels[start:]) in self._blocked for start in range(len(labels)))

    async def _get(
        self, request: FetchRequest, so_far: FetchResponse, url: URL, budget: float, cookies: aiohttp.CookieJar
    ) -> tuple[FetchResponse, str | None]:
        """One exchange, every way in which it can fail turned into a reason."""
        host, port = url.raw_host or "", url.port or 0
        proxy = None if self._book.is_named(host, port) else self._proxy
        if proxy is not None and (private := await self._book.private_addresses(host, port)):
            return replace(so_far, failure=forbidden(host, private)), None
        target = Target(host=host, port=port, by_proxy=proxy is not None)
        token = current_target.set(target)
        headers = _with_cookies({**own_headers(request, url), **request.conditions}, cookies, url)
        try:
            async with (
                asyncio.timeout(max(0.0, budget)),
                self._session.get(url, headers=headers, allow_redirects=False, proxy=proxy) as response,
            ):
                answer = replace(
                    so_far,
                    status=response.status,
                    headers=_headers(response),
                )
                cookies.update_cookies(_as_sent(response.cookies), url)
                if response.status in _REDIRECTS and (location := response.headers.get("Location")):
                    return answer, _joined(url, _as_address(location))
                if (failure := self._refused(request, response)) is not None:
                    return replace(answer, failure=failure), None
                if response.status == 304:
                    return answer, None
                return replace(answer, body=await _read(response, request)), None
        except TooLarge:
            so_far = replace(so_far, size=request.max_bytes)
            failure = Failure(reason=Reason.TOO_LARGE, detail=f"more than {request.max_bytes} bytes once decoded")
        except TimeoutError:
            seconds = self._settings.fetch_total_seconds
            failure = Failure(reason=Reason.TIMEOUT, detail=f"no whole answer from {url.raw_host} in {seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = named_failure(error, target)
        finally:
            current_target.reset(token)
        return replace(so_far, failure=failure), None

    def _refused(self, request: FetchRequest, response: aiohttp.ClientResponse) -> Failure | None:
        """What the head of an answer says against reading its body."""
        status = response.status
        if status == 429 or (status == 503 and "Retry-After" in response.headers):
            return Failure(reason=Reason.TOO_MANY_REQUESTS, detail=f"status {status}")
        if status == 304 and request.conditions:
            return None
        if status != 200:
            return Failure(reason=Reason.HTTP_ERROR, detail=f"status {status}")
        if (encoding := _encoding(response)) and encoding not in KNOWN_ENCODINGS:
            return Failure(reason=Reason.BAD_ENCODING, detail=f"content encoding {encoding[:80]!r}")
        if request.purpose == "page" and not is_page_type(response.headers.get("Content-Type")):
            return Failure(reason=Reason.NOT_TEXT, detail=f"content type {response.headers['Content-Type'][:80]!r}")
        if not request.cuts and (response.content_length or 0) > request.max_bytes:
            return Failure(reason=Reason.TOO_LARGE, detail=f"{response.content_length} bytes announced")
        return None

    def _heeded(self, answer: FetchResponse, host: Host) -> FetchResponse:
        """Remember what an answer says of its host, for the rest of the run."""
        if answer.failure is not None and answer.failure.reason is Reason.TOO_MANY_REQUESTS:
            wait = wait_asked(answer.headers.get("retry-after"), self._clock())
            host.close(f"{answer.failure.detail}, asked to wait {wait.total_seconds():.0f} s")
            answer = replace(answer, wait_until=self._clock() + wait)
            host.rest(answer.wait_until)
            return answer
        is_dead = answer.failure is not None and answer.failure.reason in (Reason.TIMEOUT, Reason.CONNECT_ERROR)
        host.note(str(answer.failure) if is_dead else None)
        return answer

    async def rules_of(self, url: URL, request: FetchRequest, request_log: RequestLog) -> RobotsRules:
        """The origin's robots.txt, asked once a run."""
        origin = str(url.origin())
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._ask_rules(origin, request, request_log))
        return await asyncio.shield(self._rules[origin])

    async def _ask_rules(self, origin: str, request: FetchRequest, request_log: RequestLog) -> RobotsRules:
        """Ask one robots.txt."""
        robots = replace(
            request,
            url=f"{origin}/robots.txt",
            purpose="robots",
            conditions={},
            max_bytes=ROBOTS_MAX_BYTES,
            cuts=True,
            admission=nullcontext,
        )
        answer = await self.ask(robots, request_log)
        self.memory.free(len(answer.body))
        return read_rules(answer.body, answer.status, answer.failure, agent=self._agent)


def own_headers(request: FetchRequest, url: URL) -> Mapping[str, str]:
    """The source's own headers, for its own hosts alone; what is asked under TLS sends none in the clear after a redirect."""
    is_bared = request.url.lower().startswith("https:") and url.scheme != "https"
    return request.headers if request.is_own(url.raw_host or "") and not is_bared else {}


def _as_sent(cookies: SimpleCookie) -> SimpleCookie:
    """Cookies whose values are what was sent, quotes and all: read and written anew, a host's token would be another."""
    for name, cookie in cookies.items():
        cookie.__setstate__({"key": name, "value": cookie.coded_value, "coded_value": cookie.coded_value})  # type: ignore[attr-defined]
    return cookies


def _with_cookies(headers: Mapping[str, str], cookies: aiohttp.CookieJar, url: URL) -> dict[str, str]:
    """Headers with what was set along a chain, beside the source's own cookies."""
    own = [value for name, value in headers.items() if name.lower() == "cookie"]
    told = "; ".join([*own, *(f"{name}={cookie.value}" for name, cookie in cookies.filter_cookies(url).items())])
    others = {name: value for name, value in headers.items() if name.lower() != "cookie"}
    return others | ({"Cookie": told} if told else {})


def _encoding(response: aiohttp.ClientResponse) -> str:
    """What an answer says of its content's encoding."""
    return encoding_of(",".join(response.headers.getall("Content-Encoding", [])))


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Headers by their names in lower case: the last of each, and all of those that add up."""
    headers = {name.lower(): _as_text(value) for name, value in response.headers.items()}
    if tags := response.headers.getall("X-Robots-Tag", []):
        headers["x-robots-tag"] = _as_text("\n".join(tags))
    return headers


def _as_text(value: str) -> str:
    """A header's value without the marks that stand for bytes outside UTF-8: no row could hold those."""
    return value.encode("utf-8", "replace").decode("utf-8")


def _as_address(location: str) -> str:
    """A Location's address; bytes of an older charset stand in it escaped, as browsers send them."""
    raw = location.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)


def _readable(text: str) -> URL | Failure:
    """A URL that can be asked: http(s), a host, no credentials."""
    try:
        url = URL(text)
        if url.scheme in ("http", "https") and url.raw_host and url.user is None and url.port:
            return url.with_fragment(None)
    except (ValueError, TypeError):
        pass
    return Failure(reason=Reason.BAD_URL, detail=f"no http(s) URL that can be asked: {text[:200]!r}")


def _joined(url: URL, location: str) -> str:
    """Where a redirect leads, absolute."""
    try:
        return urljoin(str(url), location.strip())
    except ValueError:
        return location


async def _read(response: aiohttp.ClientResponse, request: FetchRequest) -> bytes:
    """The decoded body, never more than the cap and a chunk; gzip is known as such, whether it is told, twice, or not."""
    encoding = _encoding(response)
    unpacker = Unpacker(encoding, request.max_bytes)
    try:
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            unpacker.take(chunk)
        body = unpacker.whole()
    except TooLarge:
        response.close()
        if not request.cuts:
            raise
        return unpacker.held
    if encoding in UNASKED_ENCODINGS:
        body = decode_captured(body, transfer="", content=encoding, limit=request.max_bytes)
    if not body.startswith(GZIP_MAGIC) or request.purpose not in ("page", "feed", "robots"):
        return body
    unpacker = Unpacker("gzip", request.max_bytes)
    try:
        unpacker.take(body)
    except TooLarge:
        if not request.cuts:
            raise
        return unpacker.held
    return unpacker.whole()


def _proxy_of(text: str) -> URL | None:
    """The proxy that is set, if one is; what is wrong with it is said without its password."""
    if not text:
        return None
    try:
        url = URL(text)
        if url.scheme == "http" and url.raw_host and url.port:
            return url
    except ValueError:
        pass
    raise SettingsError("DAYBOOK_PROXY is no http://host:port, with user:password@ before the host if it wants them")
