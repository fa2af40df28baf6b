"""Ask the digest pages of Airflow's real web application, with and without a login; prints what came back as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from airflow_local.setup import airflow_environment, apply_environment
from pipeline.settings import PROJECT

PATHS = (
    "/daybook/",
    "/daybook/digests/2026-03-02",
    "/daybook/digests/2026-03-03",
    "/daybook/digests/2026-03-09",
    "/daybook/digests/..%2F..%2Fsecret",
    "/daybook/digests/builds",
    "/daybook/docs",
    "/daybook/openapi.json",
)


def main(home: Path, warehouse: Path) -> None:
    """Airflow is imported here, after its home was set."""
    apply_environment(os.environ, {**airflow_environment(PROJECT, home), "DAYBOOK_WAREHOUSE": str(warehouse)})
    from airflow import plugins_manager
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    answers: dict[str, object] = {}
    with TestClient(create_app(), base_url="http://127.0.0.1:8080", follow_redirects=False) as client:
        for path in PATHS:
            answers[f"stranger {path}"] = client.get(path).status_code
        password = json.loads((home / "password.json").read_text())["admin"]
        token = client.post("/auth/token", json={"username": "admin", "password": password}).json()["access_token"]
        login = {"Authorization": f"Bearer {token}"}
        for path in PATHS:
            answer = client.get(path, headers=login)
            answers[f"admin {path}"] = answer.status_code
            answers[f"text {path}"] = answer.text
            answers[f"policy {path}"] = answer.headers.get("content-security-policy", "")
        plugins = client.get("/api/v2/plugins", headers=login).json()["plugins"]
        answers["views"] = [view for plugin in plugins for view in plugin["external_views"]]
        answers["import errors"] = plugins_manager.get_import_errors()
    print("ANSWERS", json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
