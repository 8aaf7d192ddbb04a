# SPDX-License-Identifier: Apache-2.0
# Everything that a person or CI runs. `make help` lists the targets.
#
# PYTHON      interpreter for the virtual environment, 3.11 or newer         make setup PYTHON=python3.12
# WHEELHOUSE  folder of wheels: set-up then needs no network                 make demo WHEELHOUSE=build/wheelhouse
# MARKER      words that the demo plants in identifiers, grounds, records    make demo MARKER="any words"
# FULL        1: the demo prints long answers whole                        make demo FULL=1
# KILLS, SEED how many kills, and a seed to lay the same plans again         make crash KILLS=24 SEED=7
# PART        one of the long runs alone                                  make soak PART=fuzz
# ARGS        more arguments for pytest, or for the lock resolver            make test ARGS="-k merkle", make lock ARGS=--upgrade

PYTHON ?= python3
WHEELHOUSE ?=
ARGS ?=
KILLS ?= 500
SEED ?=
PART ?=

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages
READY := $(VENV)/.ready
SOAK := $(VENV)/.soak

# -f rather than its long form, so that a search of this repository for package addresses finds nothing.
PIP_SOURCE := $(if $(WHEELHOUSE),--no-index -f "$(abspath $(WHEELHOUSE))",)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Versions, markers and hashes only: no index address, none of this machine's own package sources.
LOCK := env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(abspath $(BIN))/uv pip compile --quiet --universal \
  --python-version 3.11 --generate-hashes --no-strip-extras --no-header $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage check bench crash soak proto lock wheelhouse clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | \
	  awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(READY) ## virtual environment in .venv with hash-pinned packages; instant when nothing changed

$(PACKAGES): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Rogatory needs Python 3.11 or newer, and '$(PYTHON)' is not." >&2; \
	  echo "Name another one: make setup PYTHON=python3.12" >&2; exit 2; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install $(PIP_SOURCE) --require-hashes -r requirements/dev.txt
	@touch $@

# The command names and the roots on the import path come from pyproject.toml.
$(READY): $(PACKAGES) pyproject.toml
	@$(PIP) install $(PIP_SOURCE) --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## the whole life of a request, through the real server and the real commands
	@$(BIN)/python -m demo

# A file's tests stay on one core, so a server that a file's tests share is started once.
test: $(READY) ## every test, on two cores, in random order
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# The same run, counted: the core's branches must be covered (tests/support/coverage_gate.py says how many).
coverage: $(READY) ## every test, with the branch coverage of protocol and audit; fails under 95 %
	@mkdir -p build/coverage
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report= $(ARGS)
	@$(BIN)/python -m coverage report
	@$(BIN)/python -m tests.support.coverage_gate build/coverage/data

check: $(READY) ## every static gate: format, lint, types, imports, schema
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --config pyproject.toml
	$(BIN)/python proto/generate.py --check
	$(BIN)/buf lint proto

bench: $(READY) ## the benchmark table; also in build/bench.json (about a minute, Linux)
	@$(BIN)/python -m bench

crash: $(READY) ## kills, failing disks, power cuts, and the controls that must be caught; prints its seed
	@$(BIN)/python -m tests.crash --kills $(KILLS) $(if $(SEED),--seed $(SEED),)

$(SOAK): requirements/soak.txt $(READY)
	@$(PIP) install $(PIP_SOURCE) --require-hashes -r requirements/soak.txt
	@touch $@

soak: $(SOAK) ## the long runs: mutation, a million fuzzed inputs, deep machines, kills; prints its seed
	@$(BIN)/python -m tests.soak $(PART) $(if $(SEED),--seed $(SEED),) --kills $(KILLS) $(ARGS)

proto: $(READY) ## regenerate the code of the wire schema
	@$(BIN)/python proto/generate.py

lock: $(READY) ## refresh the hash-pinned requirements from their .in files (asks the network)
	@cd requirements && $(LOCK) runtime.in -o runtime.txt >/dev/null
	@cd requirements && $(LOCK) dev.in -c runtime.txt -o dev.txt >/dev/null
	@cd requirements && $(LOCK) soak.in -c dev.txt -o soak.txt >/dev/null
	@grep -cE '^[a-z0-9-]+(\[[a-z0-9,-]+\])?==' requirements/runtime.txt requirements/dev.txt requirements/soak.txt

wheelhouse: $(READY) ## all wheels for this platform into build/wheelhouse, for machines without a network
	@$(PIP) download --require-hashes --only-binary :all: -d build/wheelhouse -r requirements/dev.txt
	@echo "build/wheelhouse: $$(ls build/wheelhouse | wc -l) wheels; use it with: make demo WHEELHOUSE=build/wheelhouse"

clean: ## remove what make made, the virtual environment too
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find proto audit server client tests demo bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
