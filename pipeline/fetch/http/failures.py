"""Why a request failed, as a reason and a sentence: what the transport raises, and what it must not be let do."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import aiohttp

from pipeline.fetch.http.addresses import Target
from pipeline.fetch.results import Failure
from pipeline.fetch.unpacking import CutShort, Damaged
from pipeline.reasons import Reason

logger = logging.getLogger(__name__)


def forbidden(host: str, addresses: Sequence[str]) -> Failure:
    """A host that leads to where nobody outside may go."""
    detail = f"{host} is at {', '.join(addresses)}, which is not public"
    return Failure(reason=Reason.FORBIDDEN_ADDRESS, detail=detail)


def unforeseen(error: Exception, url: str) -> Failure:
    """The reason behind what no rule foresaw: an address that a library chokes on, or a transport that breaks."""
    logger.warning("stage=fetch url=%r unforeseen: %r", url[:200], error)
    reason = Reason.BAD_URL if isinstance(error, ValueError) else Reason.CONNECT_ERROR
    return Failure(reason=reason, detail=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


def named_failure(error: Exception, target: Target) -> Failure:
    """The reason behind an exception of the transport."""
    if target.refused:
        return forbidden(target.host, target.refused)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return Failure(reason=Reason.CONNECT_ERROR, detail="the proxy of this installation did not let it through")
    if isinstance(error, aiohttp.InvalidURL):
        return Failure(reason=Reason.BAD_URL, detail=f"{target.host} is no host that can be asked")
    if isinstance(error, Damaged) and not isinstance(error, CutShort):
        return Failure(reason=Reason.BAD_ENCODING, detail="the body is not encoded as its header says")
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return Failure(reason=Reason.CONNECT_ERROR, detail=text)
