"""The logs that Airflow's tasks left in the home of `make up`, removed when they are old."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.settings import PROJECT


def collect_task_logs(now: datetime, *, keep_days: int, own_home: Path = PROJECT / ".airflow") -> int:
    """Remove log files last written more than so many days ago, and the folders that they leave empty.

    Only below the home that `make up` made: any other Airflow's logs are its keeper's.

    Args:
        now: Wall time.
        keep_days: 0 keeps all.
    Returns:
        How many files went.
    """
    home = Path(os.environ.get("AIRFLOW_HOME", ""))
    logs = own_home / "logs"
    if not keep_days or not home.is_absolute() or home.resolve() != own_home.resolve() or logs.is_symlink():
        return 0
    first_kept = (now - timedelta(days=keep_days)).timestamp()
    old = [p for p in logs.rglob("*.log*") if p.is_file() and not p.is_symlink() and p.stat().st_mtime < first_kept]
    for path in old:
        path.unlink(missing_ok=True)
    for folder in sorted(
        {parent for path in old for parent in path.parents if parent.is_relative_to(logs)}, reverse=True
    ):
        with suppress(OSError):  # others are in it
            if folder != logs:
                folder.rmdir()
    return len(old)
