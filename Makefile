# `make search` and `make test` need nothing but Python 3.11 or later: everything else is put into $(VENV).

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help search ui test suite lint lock store pictures clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

search: $(INSTALLED)  ## Search the built-in demo, register the winner (ARGS="--data path/to/images" for other data)
	$(BIN)/automl search $(ARGS)

ui: $(INSTALLED)  ## Open the MLflow UI on what was logged
	$(BIN)/automl ui $(ARGS)

test: lint suite  ## Lint, then run the whole test suite (ARGS="-k packaging" for a part); with -j2 both at once

suite: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(INSTALLED)  ## Style, types and import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: $(BIN)/uv  ## Bring requirements.lock in line with pyproject.toml (ARGS=--upgrade for newer versions)
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra export --extra medical --extra offline-text --extra postgres --extra privacy --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header $(ARGS) --output-file requirements.lock

store: $(INSTALLED)  ## Bring the empty MLflow store that is shipped in line with the installed MLflow, after `make lock ARGS=--upgrade`
	$(BIN)/python tests/shared/migrated.py

pictures: $(INSTALLED)  ## Take the documentation's pictures of the MLflow UI anew (docs/images, needs Chromium)
	AUTOML_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/integration/ui

clean:  ## Delete what can be made again; automl_runs/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'automl needs Python 3.11 or later, but $(PYTHON) is' "$$($(PYTHON) --version 2>&1)." >&2; \
		echo 'Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The lock holds setuptools (torch needs it), so nothing is fetched without a hash to build the project itself.
$(INSTALLED): $(BIN)/uv requirements.lock pyproject.toml
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
