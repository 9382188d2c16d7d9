# Two commands are all a newcomer needs: make run, make test. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8000
MIDUN_HOME ?= var
UV_VERSION := 0.13.9
BIN := .venv/bin
export PORT MIDUN_HOME

.DEFAULT_GOAL := help
.PHONY: help lock run test check fix bench torture docs clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/bin/uv:
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"

.venv/.run: requirements.lock pyproject.toml | .venv/bin/uv
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements-dev.lock
	@touch $@

lock:  ## pin every dependency with its hash anew after pyproject.toml changed
	@$(BIN)/uv pip compile -q pyproject.toml --python-version 3.11 --universal --generate-hashes --no-annotate --no-header --no-emit-index-url -o requirements.lock
	@$(BIN)/uv pip compile -q pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-annotate --no-header --no-emit-index-url -c requirements.lock -o requirements-dev.lock

run: .venv/.run  ## prepare a populated demo on SQLite and serve it (a second run keeps the data)
	@$(BIN)/midun demo --serve

test: .venv/.dev check  ## everything: contracts, linters, types, tests on SQLite and on PostgreSQL where it is installed
	@$(BIN)/python -m tools.run_tests

check: .venv/.dev  ## linters, types, import contracts, migrations, vendored files
	@$(BIN)/ruff format --check --quiet src tests tools bench
	@$(BIN)/ruff check --quiet src tests tools bench
	@$(BIN)/lint-imports --no-logo > /dev/null || $(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@MIDUN_HOME=$$(mktemp -d) $(BIN)/midun admin makemigrations --check --dry-run
	@$(BIN)/python tools/vendor.py --check

fix: .venv/.dev  ## format and repair what the linter can
	@$(BIN)/ruff format src tests tools bench
	@$(BIN)/ruff check --fix src tests tools bench

bench: .venv/.dev  ## the measured promises (docs/benchmarks.md)
	@$(BIN)/python -m bench

torture: .venv/.dev  ## the long failure tests of the transparency log: every system call, 1,000 kills (61 minutes measured on a busy 2-core machine, and as long again for every system call of the service; TORTURE_KILLS=200 shortens it)
	@$(BIN)/python -m tools.torture

docs: .venv/.dev  ## regenerate the tables of the documents and the screenshots of the handbook
	@$(BIN)/python tools/docs.py

clean:  ## remove what can be rebuilt (never var/)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist
