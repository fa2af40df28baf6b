# The only verbs. Each sets up what it needs first; nothing but Python 3.11-3.13 with venv and make is assumed.
SHELL := /bin/sh
export PYTHON
.DEFAULT_GOAL := help
.PHONY: help setup run test drills check up bench docs clean

help: ## show the verbs
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: ## make .venv from requirements.lock
	@scripts/setup

run: setup ## the sample newsroom through the Airflow DAGs, to a digest
	@.venv/bin/python -m airflow_local.demo

test: setup ## every test but the drills: a few minutes
	@.venv/bin/python -m pytest -m "not drill" -n logical --dist worksteal

drills: setup ## the same promises at length: kills, whole days by the hour, real pages, figures
	@.venv/bin/python -m pytest -m drill -n logical --dist loadfile --no-loadscope-reorder

check: setup ## lint, types, import direction, internal links
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python scripts/check_links.py

up: setup ## Airflow on 127.0.0.1, until Ctrl-C
	@.venv/bin/python -m airflow_local.supervisor

bench: setup ## how to measure each claim
	@.venv/bin/daybook bench --help

docs: setup ## write the generated pages anew: the data dictionary
	@.venv/bin/python -m pipeline.store.dictionary

clean: ## remove .venv and Airflow's own state; the warehouse stays
	rm -rf .venv .airflow
