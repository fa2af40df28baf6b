"""robots.txt after RFC 9309: what an answer means, and what it lets us ask."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from protego import Protego

from pipeline.fetch.results import Failure
from pipeline.reasons import Reason

ROBOTS_MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: parse at least so much; the rest is not read

# What forbids the host for this run: the rules that exist could not be read (RFC 9309, 2.3.1.4). Any other answer that is no
# rules, an odd encoding or redirects that lead nowhere, counts as none, like a 4xx (2.3.1.2 and 2.3.1.3): it would last.
_UNREACHABLE = frozenset({Reason.TIMEOUT, Reason.CONNECT_ERROR, Reason.TOO_MANY_REQUESTS, Reason.NOT_NOW})
# Some write the whole user agent where the product token belongs: the rules below it are meant for that product.
_VERSIONED_AGENT = re.compile(
    r"^([ \t]{0,20}user-agent[ \t]{0,20}:[ \t]{0,20}[a-z_-]{1,100})/[^\r\n]*", re.IGNORECASE | re.MULTILINE
)
_AGENTS = re.compile(
    r"^[ \t]{0,20}user-agent[ \t]{0,20}:([^\r\n,]{1,200}(?:,[^\r\n,]{1,200}){1,50})$", re.IGNORECASE | re.MULTILINE
)
_NO_PATH = re.compile(
    r"^([ \t]{0,20}(?:dis)?allow[ \t]{0,20}:[ \t]{0,20})(?:https?://[^/\s]{1,300}(?=/)|(?=[\w%.?-]))",
    re.IGNORECASE | re.MULTILINE,
)
_DELAY = re.compile(
    r"^([ \t]{0,20}crawl-delay[ \t]{0,20}:[ \t]{0,20}\d{1,9})(?:[.,](\d{1,3}))?[ \t]{0,9}(?:s|secs?|seconds?)?(?=\s|#|$)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRules:
    """The rules of one origin for one run.

    Attributes:
        rules: What was read; None allows everything.
        unreachable: Why the rules could not be read, which forbids everything until they can; else None.
        crawl_delay_seconds: Least time between two requests that the host asks for; 0 where it does not.
        agent: Our product token.
    """

    rules: Protego | None = None
    unreachable: Failure | None = None
    crawl_delay_seconds: float = 0.0
    agent: str

    def objection(self, url: str) -> Failure | None:
        """Why a URL may not be asked, or None."""
        if self.unreachable is not None:
            return self.unreachable
        if self.rules is None or self.rules.can_fetch(url, self.agent):
            return None
        return Failure(reason=Reason.ROBOTS, detail=f"robots.txt forbids it to {self.agent}")


def product_token(user_agent: str) -> str:
    """The name that robots.txt rules address.

    Example:
        >>> product_token("daybook/0.1 (+https://daybook.invalid/bot)")
        'daybook'
    """
    return user_agent.split()[0].partition("/")[0]


def read_rules(body: bytes, http_status: int | None, failure: Failure | None, *, agent: str) -> RobotsRules:
    """Read the rules out of one answer.

    An answer of 4xx, or one that cannot be read, means that there are none; 5xx, 429 or no answer forbid the host for this
    run, since the rules that exist could not be read. That is no verdict: the page may be asked in a later run.

    Args:
        body: The first `ROBOTS_MAX_BYTES` of the file.
        http_status: None when there was no answer.
        failure: Why the request failed; None for a 200.
        agent: Our product token.
    """
    if failure is None:
        rules = Protego.parse(_as_meant(_text(body)))
        rate = rules.request_rate(agent)
        delay = rules.crawl_delay(agent) or (rate.seconds / max(1, rate.requests) if rate else 0)
        return RobotsRules(rules=rules, crawl_delay_seconds=max(0.0, float(delay)), agent=agent)
    is_down = failure.reason is Reason.HTTP_ERROR and (http_status is None or http_status >= 500)
    if is_down or failure.reason in _UNREACHABLE:
        unreachable = Failure(reason=failure.reason, detail=f"robots.txt: {failure.detail}")
        return RobotsRules(unreachable=unreachable, agent=agent)
    return RobotsRules(agent=agent)


def _text(body: bytes) -> str:
    """The text of a file that should be UTF-8: also one that its editor saved in wider characters, or filled with zeros."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    return body.replace(b"\0", b"").decode("utf-8-sig", "replace")


def _as_meant(text: str) -> str:
    """Rules as their writers meant them: several agents in one line, whole addresses or no slash for paths, `1,5` or `10s`."""
    text = _VERSIONED_AGENT.sub(r"\1", text)
    text = _AGENTS.sub(lambda line: "\n".join(f"User-agent: {name.strip()}" for name in line[1].split(",")), text)
    text = _NO_PATH.sub(lambda rule: rule[1] + ("" if rule[0] != rule[1] else "/"), text)
    return _DELAY.sub(lambda delay: f"{delay[1]}.{delay[2] or 0}", text)
