"""The locks that the image is made of: whole, in step with each other, and installable where there is nothing else yet."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
import venv
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("requirements.lock", "requirements-deploy.lock", "requirements-build.lock")
PIN = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>\S+?)(?P<marker> ; .*)? \\\n(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)",
    re.MULTILINE,
)
NO_NETWORK = re.compile(r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|ConnectTimeout")


def pins(project: Path, lock: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of every package of a lock, by its name and the machines that it is for."""
    text = (project / lock).read_text()
    found = {
        m["name"] + (m["marker"] or ""): (m["version"], frozenset(re.findall(r"sha256:\w+", m["hashes"])))
        for m in PIN.finditer(text)
    }
    assert len(found) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)), "every entry is a version with its hashes"
    return found


def installs(project: Path) -> list[list[str]]:
    """The lock files of each pip call of the Dockerfile that takes packages, in order."""
    text = (project / "Dockerfile").read_text().replace("\\\n", " ")
    calls = re.findall(r"pip install ([^&\n]*)", text)
    return [re.findall(r"-r (\S+)", call) for call in calls if "-r " in call]


def group(project: Path, name: str) -> list[str]:
    """The requirements of a dependency group."""
    return [str(one) for one in tomllib.loads((project / "pyproject.toml").read_text())["dependency-groups"][name]]


def closure(wanted: Iterable[str]) -> set[str]:
    """All that the requirements need on this Python, told by the packages themselves."""
    found: set[str] = set()
    todo = [Requirement(one) for one in wanted]
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if name in found or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            todo += [Requirement(needed) for needed in distribution(name).requires or ()]
        except PackageNotFoundError:
            pytest.fail(f"{name} is needed and not installed here")
    return found


def test_the_image_takes_whole_files_that_reach_the_builder(project: Path) -> None:
    taken = {name for call in installs(project) for name in call}
    assert taken == {"requirements-deploy.lock", "requirements-build.lock"}
    assert all((project / name).is_file() for name in taken)


def test_the_tools_that_install_daybook_come_with_all_they_need(project: Path) -> None:
    assert set(pins(project, "requirements-build.lock")) == closure(group(project, "build"))
    backend = tomllib.loads((project / "pyproject.toml").read_text())["build-system"]["requires"]
    assert {canonicalize_name(Requirement(one).name) for one in backend} <= closure(group(project, "build"))


def test_the_locks_agree(project: Path) -> None:
    here, image, tools = (pins(project, name) for name in LOCKS)
    assert tools.items() <= here.items()
    for one, other in ((here, image), (image, tools)):
        assert {name: one[name] for name in one.keys() & other.keys()} == {
            name: other[name] for name in one.keys() & other.keys()
        }


@pytest.mark.drill
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("locks", [LOCKS[:1], LOCKS[1:]], ids=["this-machine", "image"])
def test_a_clean_environment_takes_the_locks(project: Path, tmp_path: Path, locks: tuple[str, ...]) -> None:
    """pip finds every package under its hash and nothing missing, in an environment without anything; it installs none."""
    venv.create(tmp_path / "clean", with_pip=True)
    files = [part for lock in locks for part in ("-r", str(project / lock))]
    done = subprocess.run(
        [
            tmp_path / "clean" / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--quiet",
            "--require-hashes",
            *files,
        ],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    if done.returncode and NO_NETWORK.search(done.stderr) and os.environ.get("CI") != "true":
        pytest.skip("no package index can be reached from here")
    assert done.returncode == 0, done.stderr[-3000:]
