# A machine with Python 3.10 or newer, git and make is all that is needed.
#
#   make demo     a gym's members and check-ins, by Meltano, into a sandbox on this machine
#   make test     all tests but those of make world
#   make world    tests with other people's software, installed into .world/: taps, Meltano
#   make types    mypy --strict
#   make lint     ruff, and who may import whom
#   make chromium the browser that some tests need, on Debian and as root; else they are skipped
#   make docs     write the parts of documents that the code knows
#   make pictures the pictures in docs/, by the same browser
#   make build    the wheel, installed into an empty environment and run there; and built twice
#   make matrix   all tests on every Python from 3.10 on that is here, one after the other
#   make lowest   all tests with the lowest versions that pyproject.toml allows; make newest
#   make fuzz     anything at all into everything that reads, a minute for each (SECONDS=60)
#   make licences whether every licence of what a user installs is on the list
#   make audit    the same, and what is known against those versions (asks the internet)
#   make sbom     what a user installs, as CycloneDX, in dist/
#   make bench    how fast it is, at what cost, and beside whom; BENCH='--full' is the long form
#   make chaos    everything goes wrong, and the promises hold; writes the table of docs/chaos.md
#
# What is set up is set up once, and again when pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test world types lint chromium docs pictures build bench chaos clean \
	matrix lowest newest fuzz licences audit sbom
MAKEFLAGS += --no-builtin-rules
# Images for containers set these. A thousand processes of the tests would each compile all modules
# anew, and the target would run as it does nowhere else.
unexport PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED

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

GROUPS := test typing lint build api fuzz matrix
$(GROUPS:%=$(STAMPS)/%): $(STAMPS)/package
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

test: $(STAMPS)/test $(STAMPS)/api chromium
	@$(BIN)/python -m pytest --numprocesses 2 $(PYTEST)

# The first time it installs what it needs; with that kept, it takes ten minutes at most. What it
# skips it names, with the reason.
world: $(STAMPS)/test
	@$(BIN)/python -m pytest tests/world $(PYTEST)

types: $(STAMPS)/test $(STAMPS)/typing
	@$(BIN)/mypy

lint: $(STAMPS)/lint
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@PYTHONPATH=. $(BIN)/lint-imports
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

docs: $(STAMPS)/package
	@$(BIN)/python docs/generate.py

pictures: $(STAMPS)/test chromium
	@$(BIN)/python docs/screenshots.py

build/.stamp: $(SOURCES) pyproject.toml README.md LICENSE $(wildcard tests/wheel/*.py) | $(STAMPS)/build
	@rm -rf build dist && mkdir -p build
	@$(BIN)/python -m build --wheel --outdir dist . > build/log || { cat build/log; exit 1; }
	@$(BIN)/python -m venv build/venv
	@build/venv/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	@build/venv/bin/python tests/wheel/check.py
	@$(BIN)/python tests/wheel/reproduce.py dist/*.whl
	@touch $@

build: build/.stamp
	@ls dist/*.whl

# pyenv's Pythons are on nobody's PATH. What is not found is said, and no reason to fail.
TOX = PATH="$$PATH$(shell printf ':%s' $(HOME)/.pyenv/versions/3.*/bin)" $(BIN)/tox run
matrix: $(STAMPS)/matrix
	@$(TOX) -e 3.10,3.11,3.12,3.13,3.14 $(if $(PYTEST),-- $(PYTEST))

# One of them, which must be there: environment-3.12, environment-lowest and so on.
environment-%: $(STAMPS)/matrix
	@$(TOX) --skip-missing-interpreters=false -e $* $(if $(PYTEST),-- $(PYTEST))

lowest newest: %: environment-%

SECONDS ?= 60
fuzz: $(STAMPS)/test $(STAMPS)/fuzz
	@$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS)
	@FUZZ_EXAMPLES=200 $(BIN)/python -m pytest tests/fuzz

# What a user installs and nothing else, all extras included: not even pip.
build/runtime/.stamp: build/.stamp
	@rm -rf build/runtime && $(BIN)/python -m venv --without-pip build/runtime
	@$(BIN)/python -m pip --python build/runtime/bin/python install --quiet \
		--disable-pip-version-check "$$(ls dist/*.whl)[postgres,redis,sandbox]"
	@touch $@

# Apart from the tests' environment: it brings a library that jsonschema imports wherever it is
# installed, which takes each process 0.8 s.
build/audit/.stamp: build/.stamp
	@rm -rf build/audit && $(BIN)/python -m venv --without-pip build/audit
	@$(BIN)/python -m pip --python build/audit/bin/python install --quiet \
		--disable-pip-version-check --group audit
	@touch $@

# As each package says it. certifi (MPL) and psycopg (LGPL) are used as they come, unchanged.
LICENCES := Apache-2.0;Apache Software License;Apache-2.0 OR BSD-2-Clause
LICENCES := $(LICENCES);BSD License;BSD-2-Clause;BSD-3-Clause;MIT;MIT License;MIT OR AFL-2.1
LICENCES := $(LICENCES);ISC;LGPL-2.1-only OR MIT;PSF-2.0;Python Software Foundation License;LGPL-3.0-only
LICENCES := $(LICENCES);GNU Lesser General Public License v3 (LGPLv3)
LICENCES := $(LICENCES);MPL-2.0;Mozilla Public License 2.0 (MPL 2.0)
licences: build/runtime/.stamp build/audit/.stamp
	@build/audit/bin/pip-licenses --python build/runtime/bin/python --from=mixed --order=license \
		--allow-only="$(LICENCES)"

# --strict: what the service does not know, or could not be asked for, is not taken as safe.
audit: licences
	@$(BIN)/python -m pip --python build/runtime/bin/python list --format=freeze \
		--exclude target-gleantap > build/runtime/installed.txt
	@build/audit/bin/pip-audit --progress-spinner=off --strict --no-deps --disable-pip \
		--requirement build/runtime/installed.txt || { echo "make audit: there is something \
	known against a version, or the service could not be asked: nothing is proven safe." >&2; exit 1; }

sbom: build/runtime/.stamp build/audit/.stamp
	@build/audit/bin/cyclonedx-py environment build/runtime/bin/python --pyproject pyproject.toml \
		--output-reproducible --of JSON --output-file dist/target-gleantap.cdx.json
	@ls dist/*.cdx.json

bench: $(STAMPS)/test
	@$(BIN)/python tests/bench/run.py $(BENCH)

# It ends after ten minutes, whatever hangs. The table is written where all has held.
chaos: $(STAMPS)/test
	@rm -rf .chaos
	@timeout 600 $(BIN)/python -m pytest tests/chaos --chaos=long --chaos-rows=.chaos --numprocesses 2 $(PYTEST)
	@$(BIN)/python tests/chaos/table.py .chaos

clean:
	@rm -rf .venv .demo .chaos .world .meltano .matrix .fuzz build dist
