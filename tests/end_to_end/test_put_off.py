"""A page that was put off is held with its reason, and read with the next run of its window."""

from __future__ import annotations

import json

from pipeline.extract import batch
from pipeline.extract.isolated import extract_each
from pipeline.extract.page import refuse
from pipeline.reasons import Reason
from tests.end_to_end.test_bad_input import write_inbox

RUN = ("--window", "2026-03-02/2026-03-03")


def rows(daybook, query: str) -> list[dict]:
    return json.loads(daybook("sql", query, "--json").stdout)


def test_it_is_read_next_time(daybook, tmp_path, monkeypatch):
    inbox = write_inbox(tmp_path / "inbox")

    def busy(pages, **limits):
        found = extract_each(pages, **limits)
        return [
            refuse(Reason.EXTRACT_PUT_OFF, "x") if b"ferry" in page.body else one
            for page, one in zip(pages, found, strict=True)
        ]

    with monkeypatch.context() as patched:
        patched.setattr(batch, "extract_each", busy)
        daybook("run", "--inbox", inbox, *RUN)
    assert rows(daybook, "SELECT reason, status FROM quarantine") == [{"reason": "extract-put-off", "status": "held"}]
    assert len(rows(daybook, "SELECT article_id FROM articles")) == 2
    daybook("run", "--inbox", inbox, *RUN)
    assert len(rows(daybook, "SELECT article_id FROM articles")) == 3
    assert rows(daybook, "SELECT reason, status FROM quarantine") == [
        {"reason": "extract-put-off", "status": "released"}
    ]
