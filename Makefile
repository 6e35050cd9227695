# `make run` and `make test` are all a newcomer needs; both set up .venv from the locked requirements.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

# Each start of the program would compile it anew where Python is told to write no bytecode, as it is in many images.
COMPILE_ALL := $(BIN)/python -m compileall -q src

.PHONY: run test types style test-long bench screenshots lint lock wheel clean

run: $(VENV)/.run
	@$(BIN)/shipworthy demo

test: $(VENV)/.dev
	@$(COMPILE_ALL)
	@$(MAKE) --no-print-directory -j2 types style
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long"

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff check src tests scripts
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/lint-imports
	$(BIN)/python scripts/house_rules.py
	$(BIN)/shipworthy hook run --all
	$(BIN)/python scripts/screenshots.py --check

test-long: $(VENV)/.dev
	FUZZ=10 $(BIN)/python -m pytest -m "long or fuzz"

bench: $(VENV)/.dev
	$(BIN)/python scripts/bench.py

screenshots: $(VENV)/.dev
	$(BIN)/python scripts/screenshots.py

lint: $(VENV)/.dev
	$(BIN)/ruff check --fix src tests scripts
	$(BIN)/ruff format src tests scripts

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

# Addresses of package indexes stay out of the locks: they come from each machine's own pip configuration.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-header --no-annotate --no-emit-index-url pyproject.toml --group build
lock:
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "shipworthy needs Python 3.11 or newer; this is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3 cannot make a virtual environment; on Debian and Ubuntu install python3-venv." >&2; rm -rf $(VENV); exit 2; }

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) (once) ..."
	@$(INSTALL) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(COMPILE_ALL)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Setting up the development tools (once) ..."
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
