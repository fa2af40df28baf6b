"""docker-compose.yml, Dockerfile and .dockerignore, as far as they can be held to account without Docker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_local.setup import airflow_environment

LONG_RUNNING = {"postgres", "api-server", "scheduler", "triggerer", "dag-processor"}
# Of the Compose Specification, what this file uses: any other word is a slip of the pen.
SERVICE_WORDS = {
    "build", "cap_add", "cap_drop", "command", "depends_on", "env_file", "environment", "healthcheck", "image", "init",
    "ports", "restart", "security_opt", "stop_grace_period", "volumes",
}  # fmt: skip
DURATION = re.compile(r"(\d+h)?(\d+m)?(\d+s)?")


@pytest.fixture(scope="module")
def compose(project: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def test_every_word_is_one_of_the_specification(compose: dict[str, Any], services: dict[str, Any]) -> None:
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    assert set(services) == LONG_RUNNING | {"init"}
    for name, service in services.items():
        assert set(service) <= SERVICE_WORDS, name
        assert set(service.get("healthcheck", {})) <= {"test", "interval", "timeout", "retries", "start_period"}, name


@pytest.mark.parametrize("name", sorted(LONG_RUNNING))
def test_long_running_services_are_watched_and_restarted(name: str, services: dict[str, Any]) -> None:
    service = services[name]
    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert all(DURATION.fullmatch(check[key]) for key in ("interval", "timeout", "start_period"))


def test_no_service_has_rights_it_does_not_need(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service
        assert ("cap_add" in service) == (name == "postgres")


def test_only_this_machine_can_connect(services: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"api-server": ["127.0.0.1:${PORT:-8080}:8080"]}


def test_dependencies_and_volumes_exist(compose: dict[str, Any], services: dict[str, Any]) -> None:
    used = set()
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        used |= {volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(".")}
    assert used == set(compose["volumes"])


def test_what_is_written_stands_in_a_folder_that_the_user_owns(services: dict[str, Any], project: Path) -> None:
    """A file is replaced by rename, which a file that is mounted by itself refuses (EBUSY)."""
    environment = services["scheduler"]["environment"]
    mounted = {volume.split(":")[1] for volume in services["scheduler"]["volumes"]}
    assert str(Path(environment["DAYBOOK_SOURCES"]).parent) in mounted
    assert environment["DAYBOOK_WAREHOUSE"] in mounted
    assert not [volume for service in services.values() for volume in service["volumes"] if volume.startswith(".")]
    dockerfile = (project / "Dockerfile").read_text()
    owned = re.search(r"chown -R daybook:daybook (.*)", dockerfile)
    assert owned is not None
    for folder in mounted:
        own = folder.removeprefix("/opt/daybook/")
        assert any(own == given or own.startswith(f"{given}/") for given in owned[1].split()), folder


def test_secrets_are_demanded_and_never_written_down(project: Path) -> None:
    text = (project / "docker-compose.yml").read_text()
    named = re.findall(r"\$\{([A-Z_]+)(:?[?-])?", text.replace("$${", ""))
    secrets = {name for name, how in named if how == ":?"}
    assert secrets == {
        "POSTGRES_PASSWORD",
        "AIRFLOW_FERNET_KEY",
        "AIRFLOW_JWT_SECRET",
        "AIRFLOW_SECRET_KEY",
        "AIRFLOW_ADMIN_PASSWORD",
    }
    assert all(how for _, how in named), "a variable without a default or an error would silently be empty"
    assert not re.search(r"(?i)(password|secret|key): *['\"]?[a-z0-9]", re.sub(r"\$\{[^}]*\}", "", text))
    example = (project / ".env.example").read_text()
    assert all(f"{name}=" in example for name in secrets)
    assert all(re.search(rf"^#?{name}=\s*$", example, re.MULTILINE) for name in secrets), "an example is no secret"


def test_every_airflow_setting_exists(services: dict[str, Any], project: Path, tmp_path: Path) -> None:
    wanted = sorted(
        {key for service in services.values() for key in service["environment"] if key.startswith("AIRFLOW__")}
    )
    assert len(wanted) > 12
    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import airflow.configuration as c, sys\n"
            "d = c.retrieve_configuration_description(include_providers=False)\n"
            "print(*[f'AIRFLOW__{s}__{k}'.upper() for s, v in d.items() for k in v['options']])",
        ],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    known = set(listed.stdout.split())
    assert "AIRFLOW__CORE__EXECUTOR" in known, listed.stderr[-1000:]
    assert [key for key in wanted if key not in known] == []


def test_settings_of_daybook_exist(services: dict[str, Any]) -> None:
    from pipeline.settings import Settings

    environment = services["scheduler"]["environment"]
    settings = Settings.from_env({key: value for key, value in environment.items() if key.startswith("DAYBOOK_")})
    assert str(settings.warehouse) == "/opt/daybook/warehouse/data"


def test_what_a_dead_scheduler_left_is_taken_up_as_soon_as_under_make_up(
    services: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    ours = airflow_environment(project, tmp_path)
    for name in ("ORPHANED_TASKS_CHECK_INTERVAL", "TASK_INSTANCE_HEARTBEAT_TIMEOUT"):
        setting = f"AIRFLOW__SCHEDULER__{name}"
        assert services["scheduler"]["environment"][setting] == ours[setting]


def test_ui_and_scheduler_share_logs_and_warehouse(services: dict[str, Any]) -> None:
    shared = {"warehouse:/opt/daybook/warehouse/data", "logs:/opt/airflow/logs", "sources:/opt/daybook/sources"}
    for name in ("api-server", "scheduler", "triggerer", "dag-processor"):
        assert shared <= set(services[name]["volumes"])
        assert services[name]["environment"]["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] == "/opt/airflow/logs"


def test_the_pool_of_the_dags_is_made(services: dict[str, Any]) -> None:
    from daybook_airflow.constants import POOL

    script = services["init"]["command"][-1]
    assert f"airflow pools set {POOL} 1 " in script
    assert script.index("airflow db migrate") < script.index("airflow pools set")


def test_who_may_look_sees_the_digests(services: dict[str, Any]) -> None:
    script = services["init"]["command"][-1]
    (granted,) = re.findall(r"airflow roles add-perms ([\w ]+) --action can_read --resource Plugins", script)
    assert granted.split() == ["Viewer", "User", "Op"]


def test_the_image_takes_hashed_versions_and_drops_its_rights(project: Path) -> None:
    lines = (project / "Dockerfile").read_text().splitlines()
    text = "\n".join(lines)
    assert "FROM python:3.12-slim" in lines
    installs = [line for line in lines if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs), installs
    assert [line for line in lines if line.startswith("USER ")] == ["USER daybook"]
    assert text.index("USER daybook") < text.index("CMD")
    copied = {name.rstrip("/") for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert all((project / name).exists() for name in copied), copied
    let_in = {line[1:] for line in (project / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == let_in, "what is copied must reach the builder, and nothing else should"
