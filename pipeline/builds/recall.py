"""Read a published digest again, build it again from the recorded state, and check all builds."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.builds.current import Row, find_build
from pipeline.builds.inputs import extras_of, publishable, read_inputs, read_sources, texts_of
from pipeline.digest.build import build_digest
from pipeline.digest.inputs import DIGEST_VERSION, DigestInputs
from pipeline.digest.verify import quote_briefly, verify_citations
from pipeline.errors import WarehouseCorrupt, WarehouseError
from pipeline.publish.builds import check_build, day_build, read_build
from pipeline.publish.document import make_document
from pipeline.publish.render import render_files
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse

_ROWS = ("digests", "developments", "citations", "corrections")
_NAMES = {"digests": "story_id", "developments": "text", "citations": "quote", "corrections": "old_quote"}


def read_digest(warehouse: Warehouse, day: date, as_of: datetime | None = None, format_: str = "md") -> str:
    """Read a published digest, its bytes checked against what was recorded.

    Raises:
        InputError: there is no digest of that day.
        WarehouseCorrupt: its files are not the ones that were published.
    """
    row = find_build(warehouse.latest(), day, as_of)
    if problems := check_build(warehouse.root, row["build_id"], row["output_sha256"]):
        raise WarehouseCorrupt(
            f"{'; '.join(problems)}; `daybook digest --date {day} --rebuild` compares it line by line"
        )
    return read_build(warehouse.root, row["build_id"])[f"digest.{format_}"].decode()


def rebuild_digest(warehouse: Warehouse, settings: Settings, day: date, as_of: datetime | None = None) -> list[str]:
    """Build a published digest again from what was recorded when it was built, and compare rows and bytes.

    Returns:
        What differs, one sentence each; empty when it comes out the same byte for byte. Where an article that it was made of was
        withdrawn since, that alone is said.
    """
    latest = warehouse.latest()
    row = find_build(latest, day, as_of)
    snapshot = read_from(warehouse, row)
    status = "provisional" if row["status"] == "provisional" else "final"
    inputs = read_inputs(snapshot, day, status=status, as_of=row["built_at"], missing_windows=row["missing_windows"])
    if gone := _withdrawn(latest, row, inputs):
        return gone
    draft = build_digest(inputs, settings, now=row["built_at"])
    differences = [
        f"{what}: was {row[name]}, is {value}"
        for name, value, what in (
            ("code_version", DIGEST_VERSION, "the version of the code that decides lines"),
            ("settings_sha256", settings.results_sha256, "the settings that change results"),
            ("inputs_sha256", draft.inputs_sha256, "the articles, placings and earlier lines that go in"),
        )
        if row[name] != value
    ]
    tables = {name: getattr(draft, name) for name in _ROWS}
    for name in _ROWS:
        differences += _compare(name, _stored(latest, row, name), tables[name])
    # Compared under the build's own id: where that alone differs, the reason is named above already.
    facts = {**row, "day": day.isoformat(), "status": status}
    files = render_files(make_document(publishable(facts, tables, extras_of(inputs, draft), snapshot)))
    published = read_build(warehouse.root, row["build_id"])
    differences += [
        f"{name} of build {row['build_id']} differs from what is rendered now" if name in published
        else f"{name} of build {row['build_id']} is missing"
        for name in sorted(files)
        if published.get(name) != files[name]
    ]  # fmt: skip
    return differences


def read_from(warehouse: Warehouse, row: Row) -> Snapshot:
    """The snapshot that a build was read from while it is kept; else the latest, cut to what was recorded by then."""
    try:
        return warehouse.snapshot(row["snapshot"])
    except WarehouseError:
        return warehouse.latest()


def verify_builds(warehouse: Warehouse) -> list[str]:
    """Check the files of every build, and every line of every build against the article versions it cites.

    Returns:
        One sentence a problem; empty when all is well.
    """
    snapshot = warehouse.latest()
    problems: list[str] = []
    for row in sorted(snapshot.read("digest_builds").to_pylist(), key=lambda r: (r["digest_date"], r["build_id"])):
        problems += check_build(warehouse.root, row["build_id"], row["output_sha256"])
        if row["status"] == "final" and day_build(warehouse.root, row["digest_date"]) != row["build_id"]:
            problems.append(f"digests/{row['digest_date']} does not lead to build {row['build_id']}; run its day again")
    developments, citations = snapshot.read("developments"), snapshot.read("citations")
    return problems + verify_citations(developments, citations, texts_of(read_sources(snapshot, citations)))


def _withdrawn(latest: Snapshot, row: Row, inputs: DigestInputs) -> list[str]:
    """A sentence for each article that went into a build and was withdrawn since."""
    used = set(inputs.versions["article_id"].to_pylist())
    return [
        f"withdrawn: article {one['article_id']}, which build {row['build_id']} was made of, was taken out at"
        f" {one['withdrawn_at'].isoformat(timespec='minutes')}: {one['why']}; the build cannot be made again"
        for one in sorted(latest.read("withdrawals").to_pylist(), key=lambda one: one["article_id"])
        if row["build_id"] in one["build_ids"] or (one["article_id"] in used and row["built_at"] <= one["withdrawn_at"])
    ]


def _stored(snapshot: Snapshot, row: Row, name: str) -> pa.Table:
    """The rows that a build left in a table. Corrections hang on the day that noticed them, not on the noticing build."""
    if name == "corrections":
        if row["status"] == "provisional":
            return snapshot.read(name, days=[])
        return snapshot.read(name, days=[row["digest_date"]], where=pc.field("cause") == "edit")
    return snapshot.read(name, days=[row["digest_date"]], where=pc.field("build_id") == row["build_id"])


def _compare(name: str, stored: pa.Table, rebuilt: pa.Table) -> list[str]:
    """What differs between stored and rebuilt rows of one table."""
    if stored.num_rows == 0 and name == "corrections":
        return []
    # A build's own id is compared by what goes into it; in corrections the id names an earlier build.
    left_out = {"recorded_at", "noticed_at"} | ({"build_id"} if name != "corrections" else set())
    before, after = _comparable(stored, left_out), _comparable(rebuilt, left_out)
    gone = (row for key, row in before.items() if key not in after)
    come = (row for key, row in after.items() if key not in before)
    return [
        *sorted(f"{name}: {quote_briefly(row[_NAMES[name]])} stood there and does not come out again" for row in gone),
        *sorted(f"{name}: {quote_briefly(row[_NAMES[name]])} comes out and did not stand there" for row in come),
    ]


def _comparable(table: pa.Table, left_out: set[str]) -> dict[tuple[str, ...], Row]:
    """Rows by what they say, some columns left out."""
    rows = table.to_pylist()
    return {tuple(str(row[name]) for name in sorted(row.keys() - left_out)): row for row in rows}
