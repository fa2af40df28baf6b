"""Small pages of an invented harbour town, one for each way a page can be broken, and what is read from them.

`python tests/extract/test_golden_pages.py` writes the expectations anew; review the difference before committing it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.extract.page import Extraction, Page, extract_page

PAGES = Path(__file__).parent / "pages"
FETCHED_AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
# Where a page is found, when its address matters; the others stand at https://post.example/<name>-in-three-words.
URLS = {
    "graph-with-references": "https://post.example/harbour/quillmouth-to-dredge-its-channel/?utm_source=feed",
    "section-front": "https://post.example/harbour",
}


def read(path: Path) -> Extraction:
    url = URLS.get(path.stem, f"https://post.example/{path.stem}-in-three-words")
    return extract_page(Page(body=path.read_bytes(), content_type="text/html", url=url, fetched_at=FETCHED_AT))


def as_json(extraction: Extraction) -> str:
    facts = asdict(extraction) | {"paragraphs": extraction.text.split("\n\n")}
    del facts["text"], facts["raw_text"]
    return json.dumps(facts, ensure_ascii=False, indent=1, default=lambda at: at.isoformat()) + "\n"


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_golden_page(path: Path) -> None:
    assert as_json(read(path)) == path.with_suffix(".json").read_text(encoding="utf-8")


if __name__ == "__main__":
    for page in PAGES.glob("*.html"):
        page.with_suffix(".json").write_text(as_json(read(page)), encoding="utf-8")
