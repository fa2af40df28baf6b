"""Ask the pages of Airflow's real web application, with and without a login; prints what came back as JSON."""

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
    "/daybook/digests/2026-03-02/stories",
    "/daybook/digests/2026-03-03/stories",
    "/daybook/health",
    "/daybook/panel",
    "/daybook/search",
    "/daybook/search?q=%3Cscript%3Ealert%3C%2Fscript%3E",
    "/daybook/search?q=harbour",
    "/daybook/articles/a1",
    "/daybook/articles/nobody",
    "/daybook/stories/s1",
    "/daybook/refused",
    "/daybook/refused?reason=too-short",
    "/daybook/sentence?text=harbour&day=2026-03-02",
    "/daybook/run?dag_id=news_ingest&run_id=r1",
    "/daybook/run?dag_id=another&run_id=r1",
    "/daybook/frames/digests.js",
    "/daybook/frames/newsroom-health.js",
    "/daybook/frames/news-run.js",
    "/daybook/frames/nothing.js",
    "/daybook/docs",
    "/daybook/openapi.json",
)


def main(home: Path, warehouse: Path) -> None:
    """Airflow is imported here, after its home was set."""
    passwords = warehouse.parent / "passwords.json"
    passwords.write_text(json.dumps({name: f"{name}'s password" for name in ("admin", "viewer")}))
    given = {
        "DAYBOOK_WAREHOUSE": str(warehouse),
        "DAYBOOK_SOURCES": str(PROJECT / "newsroom" / "sources.toml"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }
    apply_environment(os.environ, {**airflow_environment(PROJECT, home), **given})
    from airflow import plugins_manager
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    answers: dict[str, object] = {}
    with TestClient(create_app(), base_url="http://127.0.0.1:8080", follow_redirects=False) as client:
        for path in PATHS:
            answers[f"stranger {path}"] = client.get(path).status_code
        for method in ("post", "put", "patch", "delete"):
            answers[f"stranger's {method}"] = client.request(method, "/daybook/health").status_code
        for who in ("viewer", "admin"):
            given = {"username": who, "password": f"{who}'s password"}
            token = client.post("/auth/token", json=given).json()["access_token"]
            login = {"Authorization": f"Bearer {token}"}
            for path in PATHS if who == "viewer" else ():
                answers[f"viewer {path}"] = client.get(path, headers=login).status_code
        for path in PATHS:
            answer = client.get(path, headers=login)
            answers[f"admin {path}"] = answer.status_code
            answers[f"text {path}"] = answer.text
            answers[f"policy {path}"] = answer.headers.get("content-security-policy", "")
        for method in ("post", "put", "patch", "delete"):
            answers[f"admin's {method}"] = client.request(method, "/daybook/health", headers=login).status_code
        plugins = client.get("/api/v2/plugins", headers=login).json()["plugins"]
        answers["views"] = [view for plugin in plugins for view in (*plugin["external_views"], *plugin["react_apps"])]
        (warehouse / "current").rename(warehouse / "away")
        for path in ("/daybook/panel", "/daybook/health", "/daybook/search?q=harbour"):
            answer = client.get(path, headers=login)
            answers[f"unreadable {path}"] = [answer.status_code, answer.text]
        (warehouse / "away").rename(warehouse / "current")
        pool = client.get("/api/v2/pools/warehouse", headers=login).json()
        client.delete("/api/v2/pools/warehouse", headers=login)
        for path in ("/daybook/panel", "/daybook/health"):
            answers[f"without a pool {path}"] = client.get(path, headers=login).text
        wanted = {name: pool[name] for name in ("name", "slots", "description", "include_deferred")}
        client.post("/api/v2/pools", json=wanted, headers=login).raise_for_status()
        answers["import errors"] = plugins_manager.get_import_errors()
    print("ANSWERS", json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
