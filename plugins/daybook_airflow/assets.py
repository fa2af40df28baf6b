"""The assets that the DAGs announce, shown together as one group in the Airflow UI."""

from __future__ import annotations

from airflow.sdk import Asset

GROUP = "news"

ARTICLES = Asset("articles", group=GROUP)  # partitioned by hour
STORIES = Asset("stories", group=GROUP)  # partitioned by hour: which hour the day was clustered up to
DIGEST = Asset("digest", group=GROUP)  # partitioned by day
