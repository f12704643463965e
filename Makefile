# `make run` shows the demo plant, `make test` proves everything. Both need Python 3.11+ and git, nothing else to start with.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
NPM := $(BIN)/python tools/npm.py
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
ARGS ?=
PYTEST_ARGS ?=
BENCH ?= sync

# An interrupted recipe must not leave a stamp behind.
.DELETE_ON_ERROR:
.PHONY: help run test test-deps check bench viewer generate format clean

help:
	@echo "make run        the demo plant in the browser          (ARGS='--no-browser --port 9000')"
	@echo "make test       everything that must hold              (PYTEST_ARGS='-k sync')"
	@echo "make check      ruff, mypy, import rules, viewer types, without tests"
	@echo "make test-deps  broker and browser for the tests, where this user may install Debian packages"
	@echo "make viewer     the browser bundle, if its source changed"
	@echo "make bench      one benchmark                          (BENCH=sync ARGS='--viewers 50')"
	@echo "make generate   what is made from code: shared types, golden messages, configuration page"
	@echo "make format     ruff and biome, writing"

run: $(VENV)/server.stamp viewer
	$(BIN)/plantverse run --demo $(ARGS)

test: test-deps check
	$(NPM) run test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-deps:
	@tools/test_deps.sh

check: $(VENV)/dev.stamp viewer/node_modules/.stamp viewer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run check

bench: $(VENV)/dev.stamp viewer
	$(BIN)/python -m benchmarks.$(BENCH) $(ARGS)

# Looks at the hash of the viewer's source first, so it costs nothing when the bundle is there.
viewer: $(VENV)/build.stamp
	$(BIN)/python hatch_build.py

generate: $(VENV)/dev.stamp
	$(BIN)/python viewer/generate.py
	$(BIN)/python tools/config_reference.py
	$(BIN)/python tools/shapes_golden.py

format: $(VENV)/dev.stamp viewer/node_modules/.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run format

viewer/node_modules/.stamp: viewer/package.json viewer/package-lock.json $(VENV)/build.stamp
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

clean:
	rm -rf $(VENV) build dist viewer/node_modules src/plantverse/viewer/static

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "plantverse needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "this Python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	@touch $@

# The build requirements stand in the environment, so that pip needs no second, isolated copy of them (Node is in
# there). hatchling asks for `editables` besides when it installs a checkout.
$(VENV)/build.stamp: pyproject.toml constraints.txt $(VENV)/python.stamp
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		> $(VENV)/build-requires.txt
	$(PIP) -r $(VENV)/build-requires.txt editables
	@touch $@

$(VENV)/server.stamp: $(VENV)/build.stamp
	$(PIP) --no-build-isolation -e '.[server]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/build.stamp
	$(PIP) --no-build-isolation -e '.[all,dev]'
	@touch $@ $(VENV)/server.stamp
