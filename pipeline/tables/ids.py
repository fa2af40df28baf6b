"""Ids that the same parts always give."""

from __future__ import annotations

import hashlib

# Ids of quarantine are public and kept for ever, so each stage joins its parts as it did when it first wrote one.
_JOINED_BY = {"validate": "\n"}


def digest_of(*parts: str, joined_by: str = "\0") -> str:
    """An id of 32 hex digits that the same parts always give.

    Example:
        >>> digest_of("courier", "a") == digest_of("courier", "a") != digest_of("couriera")
        True
    """
    return hashlib.sha256(joined_by.join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def quarantine_id(stage: str, *subject: str, reason: str) -> str:
    """The id of a refusal: the same however often a stage refuses a thing for this reason.

    Args:
        stage: Who refuses.
        subject: What: a page's id, or for what never became a page its source, its URL or path, and the moment.
        reason: The reason code.
    Example:
        >>> quarantine_id("extract", "p1", reason="no-text")
        '5fe4430becbfbc9e2334bcd48976815c'
    """
    return digest_of(stage, *subject, reason, joined_by=_JOINED_BY.get(stage, "\0"))
