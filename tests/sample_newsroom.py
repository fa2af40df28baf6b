"""The sample newsroom and its truth: read once a process, for whoever names its pages."""

from __future__ import annotations

from newsroom import load_newsroom
from tests.newsroom.ground_truth import load_truth

NEWSROOM = load_newsroom()
TRUTH = load_truth(NEWSROOM)
