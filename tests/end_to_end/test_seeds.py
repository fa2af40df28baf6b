"""Two raw texts on one happening, as a user collected them: both are kept, they are one story, the digest quotes both."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.typed import typed

RUN = ("--window", "2025-12-20/2025-12-21")


@pytest.fixture(scope="module")
def root(shared_data, tmp_path_factory):
    """The warehouse after one run of them; only to be read."""
    root = tmp_path_factory.mktemp("seeds") / "warehouse"
    assert typed("run", "--inbox", shared_data / "seeds", *RUN, warehouse=str(root)).returncode == 0
    return root


@pytest.fixture
def seeded(daybook, root):
    return partial(daybook, warehouse=str(root))


def rows(daybook, query: str) -> list[dict]:
    return json.loads(daybook("sql", query, "--json").stdout)


def test_both_seeds_are_kept_clean_and_apart(seeded):
    articles = rows(seeded, "SELECT * FROM articles ORDER BY title IS NULL, title")
    assert len(articles) == 2
    assert all(article["duplicate_of"] is None for article in articles)
    assert all(article["publisher"] is None for article in articles)
    assert all(article["published_at"] is None for article in articles)
    titled, untitled = articles
    assert untitled["title"] is None or untitled["title_source"]
    for article in articles:
        assert "Admin" not in str(article["authors"])
        lowered = article["text"].lower()
        for dirt in ("source link", "stay tuned"):
            assert dirt not in lowered
        assert article["title"] is None or article["title"] not in article["text"]
        assert "urgent update" not in lowered
    assert titled["title"].startswith("Russia Reports Positive Progress")
    assert titled["cleaning_rules"]
    assert untitled["cleaning_rules"]


def test_one_story_and_lines_from_both(seeded):
    assert len(rows(seeded, "SELECT DISTINCT story_id FROM story_articles")) == 1
    cited = rows(seeded, "SELECT DISTINCT article_id FROM citations WHERE role = 'primary'")
    assert len(cited) == 2
    lines = [row["text"] for row in rows(seeded, "SELECT text FROM developments")]
    assert len(lines) == len(set(lines)) == 6
    page = seeded("digest", "--date", "2025-12-20", "--format", "md").stdout.replace(
        "\\$", "$"
    )  # Markdown has it escaped
    assert all(line in page for line in lines)


def test_a_second_run_changes_nothing(daybook, root, shared_data, tmp_path):
    shutil.copytree(root, tmp_path / "warehouse", symlinks=True)
    daybook("warehouse", "rebuild")
    before = daybook("warehouse", "hash").stdout
    daybook("run", "--inbox", shared_data / "seeds", *RUN)
    assert daybook("warehouse", "hash").stdout == before
    assert daybook("digest", "--date", "2025-12-20", "--rebuild").returncode == 0
    daybook("warehouse", "verify")


def test_every_question_has_an_answer(seeded):
    article, story = rows(seeded, "SELECT article_id, story_id FROM story_articles LIMIT 1")[0].values()
    assert "hash of the text" in seeded("explain", "article", article).stdout
    assert story in seeded("story", story[:8]).stdout
    assert "load_articles" in seeded("status").stdout
    assert json.loads(seeded("status", "--json").stdout)["articles"] == 2
    assert "(0 rows)" in seeded("quarantine", "list").stdout
    folder = Path(seeded("warehouse", "path", "articles").stdout.strip())
    assert list(folder.glob("day=2025-12-20/*.parquet"))
