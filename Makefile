# The one door. `make run`, `make test`; the rest is for those who carry the work on.
PYTHON ?= python3
PORT ?= 8000
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
export PORT
# Without compiled modules each start would take seconds longer.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test check test-long faults bench bare-root screenshots setup setup-dev format migration clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup  ## install everything into the checkout and serve on 127.0.0.1:8000
	@$(BIN)/grids serve

demo: setup  ## the same, with a throw-away database of an invented service
	@$(BIN)/grids demo

setup: var/.setup ## install locked packages, nothing global

setup-dev: var/.setup-dev

var/.setup: uv.lock pyproject.toml package-lock.json .ci/system-packages static/css/nhsuk.scss
	@mkdir -p var
	@PYTHON=$(PYTHON) sh .ci/system-packages run
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip --disable-pip-version-check -q install uv==$(UV_VERSION); }
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --quiet --frozen --no-dev --inexact --compile-bytecode
	@npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/grids assets
	@npm run --silent styles
	@touch $@

var/.setup-dev: var/.setup
	@PYTHON=$(PYTHON) sh .ci/system-packages test
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode
	@npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

check: setup-dev  ## the fast part of the tests: lock, format, lint, types, contracts, content, unit
	@sh .ci/static-checks
	@$(BIN)/pytest -q -n 2 tests/unit tests/contract tests/content

test: setup-dev  ## everything that guards the project
	@sh .ci/static-checks
	@$(BIN)/pytest -q -n 3 --dist loadfile -m "not long" tests

test-long: setup-dev  ## the whole suite, and a tablet in WebKitGTK and Firefox
	@PYTHON=$(PYTHON) sh .ci/system-packages long
	@$(BIN)/pytest -q -n 2 --dist loadfile tests

ROUNDS ?= 10000
faults: setup-dev  ## seeded rounds of kill -9, cuts and restores; ROUNDS=10000, FAULTS="--seed 7 --minutes 30"
	@PYTHONPATH=.:tests $(BIN)/python -m proof.rounds --rounds $(ROUNDS) $(FAULTS)

bench: setup-dev  ## ratios to a floor measured in the same run
	@sh .ci/system-packages bench
	@npm ci --prefix bench --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/python -m bench

bare-root: setup-dev  ## the steps of the Dockerfile in bare Debian roots; needs root, no engine
	@PYTHON=$(PYTHON) sh .ci/system-packages bare
	@PYTHONPATH=.:tests $(BIN)/python -m bare_root

screenshots: setup-dev  ## pictures of every page in both tablet orientations
	@PYTHONPATH=.:tests $(BIN)/python -m screenshots

format: setup-dev
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix -q .

clean:
	rm -rf $(VENV) node_modules static/vendor var/.setup var/.setup-dev
