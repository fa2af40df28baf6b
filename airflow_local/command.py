"""`make airflow ARGS="…"`: Airflow's own command line, on the home and with the settings of `make up`.

By itself `airflow` would make a home of its own in the user's folder, with other settings and no DAGs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from airflow_local.redirect import redirected_output
from airflow_local.setup import airflow_environment, apply_environment, prepare
from airflow_local.supervisor import has_live_source
from pipeline.errors import DaybookError, UsageError
from pipeline.settings import PROJECT, Settings
from pipeline.text.controls import one_line

_FOR_EXAMPLE = 'make airflow ARGS="dags list"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the command; 2 when there is none, or when a setting cannot be read.

    Args:
        arguments: The command, after `--home FOLDER` where the home is not `.airflow`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    home = PROJECT / ".airflow"
    try:
        if words[:1] == ["--home"] and len(words) > 1:
            home, words = Path(words[1]).resolve(), words[2:]
        if not words:
            raise UsageError(f"say what Airflow shall do: {_FOR_EXAMPLE}")
        live = has_live_source(Settings.from_env(os.environ))
    except DaybookError as error:
        print(f"daybook: {one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    port = os.environ.get("PORT") or "8080"
    apply_environment(os.environ, airflow_environment(PROJECT, home, port=int(port), live=live))
    with redirected_output(home / "logs" / "command.log"):
        prepare(home)
    return os.execv(sys.executable, [sys.executable, "-m", "airflow", *words])  # signals are Airflow's own affair


if __name__ == "__main__":
    sys.exit(main())
