# Thin aliases; README.md shows the plain command behind each.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo clean-demo test test-long test-exhaustive coverage lint bench ui viz lock

help: ## show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is %d.%d. Name one: make PYTHON=python3.12 <target>" % sys.version_info[:2] if not (3, 11) <= sys.version_info < (3, 14) else 0)'
	@echo "Setting up .venv from requirements.lock: about 3 GB, some minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -qq -j 0 .venv/lib src || true # templates in packages do not compile
	@touch $@

setup: $(INSTALLED) ## make .venv from requirements.lock

demo: $(INSTALLED) ## set up, then train and report on drawn phantoms
	$(BIN)/kedro run --env=demo --pipeline=brisc_bilinear
	@echo
	@echo "Open the report:    data/demo/08_reporting/brisc/patient_safe/bilinear/seed-0/report.html"
	@echo "Browse the runs:    $(BIN)/kedro mlflow ui --env=demo"
	@echo "Take it all away:   make clean-demo"

clean-demo: ## take away all that the demo wrote
	rm -rf data/demo

PYTEST := $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --no-loadscope-reorder --durations=15

test: $(INSTALLED) ## set up, then run the tests but the long ones
	$(PYTEST) --dist=loadfile -m "not long and not exhaustive"

test-long: $(INSTALLED) ## run the long tests
	$(PYTEST) --dist=load -m long

test-exhaustive: $(INSTALLED) ## run the tests that take ten minutes or more each
	$(PYTEST) --dist=load -m exhaustive

coverage: $(INSTALLED) ## measure how much of the code the tests run, and refuse less than before; takes twice as long
	$(PYTEST) --dist=loadfile -m "not long and not exhaustive" --cov

lint: $(INSTALLED) ## style, spelling, import contracts, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(INSTALLED) ## measure against plain formulations
	$(BIN)/python benchmarks/ingestion.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/prediction.py
	$(BIN)/python benchmarks/export.py

ui: $(INSTALLED) ## browse runs in MLflow
	$(BIN)/kedro mlflow ui

viz: $(INSTALLED) ## browse pipelines in Kedro-Viz
	$(BIN)/kedro viz run

lock: ## make requirements.lock anew; needs uv
	uv pip compile pyproject.toml --universal --extra pipeline --extra dev --extra jax --extra export --generate-hashes --no-header --no-emit-index-url --quiet --output-file requirements.lock
