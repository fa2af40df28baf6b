"""robots.txt after RFC 9309: what an answer means, and what it lets us ask."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

from pipeline.fetch.results import Failure
from pipeline.reasons import Reason

ROBOTS_MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: parse at least so much; the rest is not read

# Redirects that lead nowhere count as "no robots.txt", like a 4xx (RFC 9309, 2.3.1.2 and 2.3.1.3).
_NO_RULES = frozenset({Reason.BAD_REDIRECT})


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

    An answer of 4xx means that there are none; 5xx, 429 or no answer forbid the host for this run, since the rules
    that exist could not be read. That is no verdict: the page may be asked in a later run.

    Args:
        body: The first `ROBOTS_MAX_BYTES` of the file.
        http_status: None when there was no answer.
        failure: Why the request failed; None for a 200.
        agent: Our product token.
    """
    if failure is None:
        rules = Protego.parse(body.decode("utf-8-sig", "replace"))
        delay = rules.crawl_delay(agent)
        return RobotsRules(rules=rules, crawl_delay_seconds=max(0.0, float(delay or 0)), agent=agent)
    is_absent = failure.reason is Reason.HTTP_ERROR and http_status is not None and 400 <= http_status < 500
    if is_absent or failure.reason in _NO_RULES:
        return RobotsRules(agent=agent)
    return RobotsRules(unreachable=Failure(reason=failure.reason, detail=f"robots.txt: {failure.detail}"), agent=agent)
