.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8080

help: ## What there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Regard needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Try: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.developing: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -e conformance
	@touch $@

setup: .venv/.installed ## Make .venv/bin/regard

serve: setup ## Serve on 127.0.0.1:8080 (PORT=8080)
	$(BIN)/regard serve --port $(PORT)

test: .venv/.developing ## Run the tests
	$(BIN)/python -m pytest

format: .venv/.developing ## Put every file in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: .venv/.developing ## Format, lint, types, layers, docs, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

docs: .venv/.developing ## Write the generated reference pages anew
	$(BIN)/python -m tools.reference

bench: .venv/.developing ## Measure speed and accuracy; prints the tables of docs/measurements.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.runtimes
	$(BIN)/python -m bench.accuracy

bench-identity: .venv/.developing ## Measure identification: pairs, strangers, quality, search; half an hour
	$(BIN)/python -m bench.accuracy faces
	$(BIN)/python -m bench.strangers
	$(BIN)/python -m bench.quality
	$(BIN)/python -m bench.search

conformance: .venv/.developing ## Start a server and ask it everything the protocol has
	$(BIN)/python -m tools.run_conformance

.PHONY: help setup serve test format check docs bench bench-identity conformance
