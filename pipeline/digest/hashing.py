"""Ids of what a digest is made of."""

from __future__ import annotations

import hashlib
import json


def hash_values(*parts: object) -> str:
    """32 hex digits over a list of values."""
    text = json.dumps([part if isinstance(part, int) else str(part) for part in parts], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
