"""The log of each played task, where the Airflow UI looks for it.

`dag.test` runs all tasks in one process and lets them write into one stream. A task worker would give each task a file
of its own; a listener does so here, with the part of that stream that was written while the task ran.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from airflow.listeners import hookimpl
from airflow.sdk.listener import get_listener_manager
from airflow.sdk.log import init_log_file
from airflow.utils.helpers import log_filename_template_renderer

_LINE = re.compile(r"(?P<timestamp>\d{4}-\d\d-\d\dT\S+Z) \[(?P<level>\w+) *\] (?P<event>.*)")
# In one process with the tasks, the API server speaks too; and the marks of groups whose other end is not in the part.
_NOT_THE_TASK = re.compile(r"::(end)?group::| \[airflow\.(api_fastapi|assets|sdk\.api)\.")


class TaskLogs:
    """Airflow's listener; one task runs at a time."""

    def __init__(self, stream: Path) -> None:
        self.stream = stream
        self._begin = 0

    @hookimpl  # type: ignore[untyped-decorator]
    def on_task_instance_running(self) -> None:
        """Remember where the task's part begins."""
        self._begin = self._end()

    @hookimpl  # type: ignore[untyped-decorator]
    def on_task_instance_success(self, task_instance: Any) -> None:
        """Write the log of a task that ended, however it did."""
        end = self._end()
        with self.stream.open("rb") as stream:
            stream.seek(self._begin)
            text = stream.read(end - self._begin).decode(errors="replace")
        self._begin = end
        path = init_log_file(log_filename_template_renderer()(ti=task_instance))
        path.write_text("".join(f"{json.dumps(message)}\n" for message in log_messages(text)))

    on_task_instance_skipped = on_task_instance_failed = on_task_instance_success

    def _end(self) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        return self.stream.stat().st_size


@cache
def write_task_logs(stream: Path) -> None:
    """From now on, give each task that this process runs its log file; asked twice, it is done once.

    Args:
        stream: The file into which standard output and error go.
    """
    get_listener_manager().add_listener(TaskLogs(stream))


def log_messages(text: str) -> Iterator[dict[str, str]]:
    """The task's own messages as the UI reads them; a traceback's lines share the time and level of what they follow.

    Example:
        >>> list(log_messages("2026-03-02T08:00:00.5Z [info     ] stage=land received=2 [pipeline.stages.ingest]"))
        [{'timestamp': '2026-03-02T08:00:00.5Z', 'level': 'info', 'event': 'stage=land received=2 [pipeline.stages.ingest]'}]
    """
    head: dict[str, str] = {}
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        head = found.groupdict() if found else {**head, "event": line}
        if not _NOT_THE_TASK.search(head["event"]):
            yield head
