"""Check that every link and picture in the project's Markdown points at something that exists."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SKIPPED = {".venv", ".airflow", ".git", "data", "tests"}


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make."""
    titles = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> list[str]:
    """Links of one page that lead nowhere inside the project; links to other sites are not followed."""
    problems = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists():
            problems.append(f"{page.relative_to(ROOT)}: {target} does not exist")
        elif anchor and found.suffix == ".md" and anchor not in anchors(found):
            problems.append(f"{page.relative_to(ROOT)}: {target} has no such heading")
    return problems


def main() -> int:
    """Print what is broken; exit 1 if anything is."""
    pages = [page for page in ROOT.rglob("*.md") if not SKIPPED.intersection(page.relative_to(ROOT).parts)]
    problems = [problem for page in sorted(pages) for problem in broken_links(page)]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"{len(pages)} pages, {len(problems)} broken links\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
