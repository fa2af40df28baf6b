"""What all tests share: what may be missing, a warehouse of one's own, and the command line as a person types it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.typed import PROJECT, typed

if TYPE_CHECKING:
    from tests.played import Play

SHARED_DATA = PROJECT.parent / "shared" / "data"

# What a test needs beside the project, by its marker, and whether it must be had here: else the test is skipped.
MUST_BE_HAD = {"browser": os.environ.get("CI") == "true", "data": os.environ.get("DAYBOOK_TEST_DATA") == "required"}

# A busy machine is no fault of the example that was just tried.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever reads real data, before anything is chosen by its marker."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("data")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips for want of what must be had."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        needed = [name for name, must in MUST_BE_HAD.items() if must and item.get_closest_marker(name)]
        if needed:
            report.outcome = "failed"
            report.longrepr = f"skipped where {' and '.join(needed)} must be had: {report.longrepr[2]}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """After the whole suite: what the newsroom's truth says and no test asserts yet, for want of the room that does it."""
    if config.args_source is config.ArgsSource.ARGS:
        return
    from tests.newsroom.ground_truth import load_truth, what_is_expected

    terminalreporter.section("Expected to come (newsroom truth)")
    try:
        lines = what_is_expected(load_truth())
    except (LookupError, TypeError, ValueError) as error:  # its own tests have failed by now; the summary must stand
        terminalreporter.write_line(f"the truth cannot be read: {error}")
        return
    coming = [line for line in lines if line.is_to_come]
    for room in sorted({line.room for line in lines}):
        asserted, to_come = (
            sum(line.room == room and line.is_to_come is kind for line in lines) for kind in (False, True)
        )
        terminalreporter.write_line(f"{room}: {asserted} asserted, {to_come} to come")
    for line in coming:
        terminalreporter.write_line(f"  {line.room}: {line.text}")


Daybook = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings() -> None:
    """Take this process's DAYBOOK_* away: tests, and the processes that they start, stand on the defaults."""
    for name in [name for name in os.environ if name.startswith("DAYBOOK_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder."""
    return PROJECT


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The sample newsroom, played through all rooms: once a session, however many processes it has. Only to be read."""
    from tests.once import made_once, session_folder
    from tests.played import Play, play_days

    def make(folder: Path) -> None:
        play_days(folder / "warehouse", log_path=folder / "access.jsonl")

    return Play(made_once(session_folder(tmp_path_factory) / "newsroom-play", make))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real pages and streams, which are kept beside the project and never in it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real benchmark data is not at {SHARED_DATA}; it is not part of the project")
    return SHARED_DATA


@pytest.fixture
def daybook(tmp_path: Path) -> Daybook:
    """The command line, on a warehouse in the test's own folder."""

    def call(*arguments: object, check: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
        done = typed(*arguments, **{"warehouse": str(tmp_path / "warehouse"), **settings})
        if check and done.returncode != 0:
            pytest.fail(f"{' '.join(done.args)} ended {done.returncode}:\n{done.stderr}\n{done.stdout}")
        return done

    return call
