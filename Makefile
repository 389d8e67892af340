# A machine with Python 3.10 or newer, git and make is all that is needed.
#
#   make demo     a gym's members and check-ins, by Meltano, into a sandbox on this machine
#   make test     all tests
#   make types    mypy --strict
#   make lint     ruff, and who may import whom
#   make chromium the browser that some tests need, on Debian and as root; else they are skipped
#   make docs     write the parts of documents that the code knows
#   make pictures the pictures in docs/, by the same browser
#   make build    the wheel, installed into an empty environment and run there
#   make bench    how fast it is, at what cost, and beside whom; BENCH='--full' is the long form
#   make chaos    everything goes wrong, and the promises hold; writes the table of docs/chaos.md
#
# What is set up is set up once, and again when pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test types lint chromium docs pictures build bench chaos clean
MAKEFLAGS += --no-builtin-rules

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python3.10 python
PYTHON ?= $(shell for name in $(CANDIDATES); do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
	&& echo "$$name" && break; done)

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SOURCES := $(shell find target_gleantap -type f -not -path '*/__pycache__/*')

help:
	@sed -n 's/^#   //p' Makefile

$(STAMPS)/pip:
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.10 or newer was found." >&2; exit 1; fi
	@[ -x $(BIN)/python ] || "$(PYTHON)" -m venv $(VENV)
	@$(INSTALL) --upgrade "pip>=25.1"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/package: pyproject.toml | $(STAMPS)/pip
	@$(INSTALL) --editable '.[sandbox]'
	@touch $@

$(STAMPS)/test $(STAMPS)/typing $(STAMPS)/lint $(STAMPS)/build: $(STAMPS)/package
	@$(INSTALL) --group $(@F)
	@touch $@

# Meltano has its own environment: what it needs must not meet what the target needs.
.demo/meltano/.stamp:
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.10 or newer was found." >&2; exit 1; fi
	@"$(PYTHON)" -m venv .demo/meltano
	@.demo/meltano/bin/python -m pip install --quiet --disable-pip-version-check 'meltano~=4.4'
	@touch $@

demo: $(STAMPS)/package .demo/meltano/.stamp
	@$(BIN)/python docs/demo/run.py

# What cannot be installed is no reason to run no tests: those that need it are skipped, and say so.
chromium:
	@if ! command -v chromium chromium-browser google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			(apt-get update --quiet --quiet && DEBIAN_FRONTEND=noninteractive apt-get install \
			--quiet --quiet --yes --no-install-recommends chromium fonts-dejavu-core) >/dev/null \
			|| echo "Chromium could not be installed." >&2; \
		else echo "No Chromium here; apt-get install chromium, as root, brings it." >&2; fi; fi

test: $(STAMPS)/test chromium
	@$(BIN)/python -m pytest --numprocesses 2 $(PYTEST)

types: $(STAMPS)/test $(STAMPS)/typing
	@$(BIN)/mypy

lint: $(STAMPS)/lint
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@PYTHONPATH=. $(BIN)/lint-imports

docs: $(STAMPS)/package
	@$(BIN)/python docs/generate.py

pictures: $(STAMPS)/test chromium
	@$(BIN)/python docs/screenshots.py

build/.stamp: $(SOURCES) pyproject.toml README.md LICENSE tests/wheel/check.py | $(STAMPS)/build
	@rm -rf build dist && mkdir -p build
	@$(BIN)/python -m build --wheel --outdir dist . > build/log || { cat build/log; exit 1; }
	@$(BIN)/python -m venv build/venv
	@build/venv/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	@build/venv/bin/python tests/wheel/check.py
	@touch $@

build: build/.stamp
	@ls dist/*.whl

bench: $(STAMPS)/test
	@$(BIN)/python tests/bench/run.py $(BENCH)

# It ends after ten minutes, whatever hangs. The table is written where all has held.
chaos: $(STAMPS)/test
	@rm -rf .chaos
	@timeout 600 $(BIN)/python -m pytest tests/chaos --chaos=long --chaos-rows=.chaos --numprocesses 2 $(PYTEST)
	@$(BIN)/python tests/chaos/table.py .chaos

clean:
	@rm -rf .venv .demo .chaos .meltano build dist
