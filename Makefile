# Calamity: `make run` starts the product, `make test` runs all tests; `make help` lists the rest.

SHELL := /bin/bash
# The first interpreter that is new enough; a name on the PATH may be an empty shim.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
LOCALE := calamity/web/locale
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run demo test check lint format types playbooks quick bench chaos clean setup

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/.product ## Set everything up and start the product with the demo municipality.
	@$(BIN)/calamity run --demo

setup: .venv/.product .venv/.tests ## Set everything up, for running and for testing.

test: .venv/.product .venv/.tests ## Set everything up and run all tests (ARGS=... is passed on).
	@bash infra/test-machine.sh
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

check: lint types playbooks test ## Everything that CI asks.

lint: .venv/.tests ## Style, and who may import whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.tests ## Strict types.
	$(BIN)/mypy

playbooks: .venv/.product ## Check every playbook in the tree.
	$(BIN)/calamity playbooks check

quick: .venv/.product .venv/.tests ## The tests that need no browser and no PostgreSQL.
	$(BIN)/python -m pytest tests/domain tests/house -q

bench: .venv/.product .venv/.tests ## Measure against raw references, on both databases.
	@bash infra/test-machine.sh
	$(BIN)/python -m tests.bench $(ARGS)

chaos: .venv/.product .venv/.tests ## Kill, break and reorder 200 exercises on each database, and check what is left.
	@bash infra/test-machine.sh
	$(BIN)/python -m tests.chaos $(ARGS)

format: .venv/.tests ## Format the code.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove what the others made; var/ with its database stays.
	rm -rf .venv node_modules calamity/web/assets/dist .mypy_cache .ruff_cache .pytest_cache

.venv/.made:
	@test -n "$(PYTHON)" \
	  || { echo "Calamity needs Python 3.11 or newer; set PYTHON=/path/to/python3."; exit 1; }
	@command -v npm >/dev/null \
	  || { echo "Calamity needs Node 20 or newer, with npm, to build its pages."; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.product: .venv/.made pyproject.toml constraints.txt package-lock.json \
    $(shell find calamity/web/frontend $(LOCALE) -name '*.js' -o -name '*.css' -o -name '*.po')
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	npm ci --no-audit --no-fund --loglevel=error
	$(BIN)/pybabel --quiet compile --directory $(LOCALE) --domain calamity
	@touch $@

.venv/.tests: .venv/.product
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
