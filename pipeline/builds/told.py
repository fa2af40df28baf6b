"""Where the lines of a day's stories are kept from one build to the next: beside the hand-overs, and as good as lost any time."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path

from pipeline.digest.told import Kept
from pipeline.errors import DaybookError
from pipeline.files import appearing

logger = logging.getLogger(__name__)


def read_told(root: Path, day: date) -> Kept:
    """What the last build of a day kept; nothing where there is none that can be read."""
    try:
        kept = json.loads(_path(root, day).read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) and all(isinstance(each, list) for each in kept.values()) else {}


def keep_told(root: Path, day: date, kept: Kept) -> None:
    """Keep what a build used for the next one of its day. A disk that is full makes the next one choose anew, no more."""
    path = _path(root, day)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with appearing(path) as unfinished:
            unfinished.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8", errors="surrogatepass")
    except (OSError, DaybookError) as error:
        logger.warning("stage=build day=%s the lines are not kept for the next build: %s", day, error)


def _path(root: Path, day: date) -> Path:
    return root / "_staging" / "told" / f"{day}.json"
