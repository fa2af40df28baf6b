"""Builds on disk that no row tells of: previews that a later one, or the final digest, took the place of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.files import remove
from pipeline.publish.builds import builds_folder
from pipeline.store.upkeep import Collected
from pipeline.store.warehouse import Warehouse

KEPT_FOR = timedelta(hours=48)  # somebody may have the page open, or a run may be about to commit its row


def collect_builds(warehouse: Warehouse, now: datetime) -> Collected:
    """Remove builds that no row tells of and no day leads to, two days after they were made.

    Args:
        now: Wall time.
    """
    folder = builds_folder(warehouse.root)
    files = size = 0
    with warehouse.holding():
        told = set(warehouse.latest().read("digest_builds", columns=["build_id"])["build_id"].to_pylist())
        led_to = {link.readlink().name for link in folder.parent.glob("*") if link.is_symlink()}
        for build in sorted(folder.iterdir()) if folder.is_dir() else ():
            made = datetime.fromtimestamp(build.stat().st_mtime, UTC)
            if build.name not in told | led_to and now - made > KEPT_FOR:
                inside = [path.stat().st_size for path in build.iterdir()] if build.is_dir() else []
                files, size = files + len(inside), size + sum(inside)
                remove(build)
    return Collected(files=files, bytes=size)
