# Every target makes its own .venv first and installs what it needs, once.
# Paths are relative throughout: make cannot handle a folder with a space in its name.

# Another interpreter: make PYTHON=python3.12 …
PYTHON ?=
export PYTHON

BIN := .venv/bin
INSTALLED := .venv/.installed
# What an installation depends on: after a pull that changes one of these it is renewed.
INPUTS := pyproject.toml constraints.txt $(wildcard hatch_build.py) scripts/setup.sh \
	$(shell find labextension jupyter-config -type f -not -path '*/node_modules/*' \
		-not -path '*/lib/*' -not -path '*/.yarn/*' -not -path '*/coverage/*' \
		-not -name '*.tsbuildinfo' 2>/dev/null)

PYTEST := $(BIN)/python -m pytest
PARALLEL := -n 2 --dist loadgroup
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo lab test test-full bench check lint frontend docs constraints clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(INSTALLED)  ## track, snapshot, drift and run on real flights, in the folder demo/
	@$(BIN)/mlops demo demo

lab: $(INSTALLED)  ## open the demo's workspace in JupyterLab
	@test -f demo/mlops.toml || $(BIN)/mlops demo demo
	@cd demo && ../$(BIN)/jupyter lab $(AS_ROOT)

check: lint  ## fast: lint, types, contracts
	$(PYTEST) -q tests/contracts

test: lint frontend  ## everything but the long counts: front end, kernels, stores, browser
	@sh scripts/system-packages.sh chromium openjdk-17-jre-headless
	$(PYTEST) $(PARALLEL) -m "not slow"

test-full: lint frontend  ## everything, with the counts that the issues state
	@sh scripts/system-packages.sh chromium openjdk-17-jre-headless
	$(PYTEST) $(PARALLEL) --hypothesis-profile=default

bench: $(INSTALLED)  ## measure against what one would use instead
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	@sh scripts/frontend.sh lint:check

frontend: $(INSTALLED)
	@sh scripts/frontend.sh test

docs: $(INSTALLED)  ## regenerate what is generated: references and types
	$(BIN)/python scripts/generate_reference.py
	$(BIN)/python scripts/generate_types.py

constraints:  ## renew constraints.txt with the newest versions that go together
	@sh scripts/renew-constraints.sh

clean:  ## remove what was built and installed; demo/ stays
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache mlops_jupyter/labextension labextension/lib \
		labextension/node_modules labextension/.yarn labextension/tsconfig.tsbuildinfo
	find mlops_jupyter tests scripts benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED): $(INPUTS)
	@sh scripts/setup.sh
	@touch $@
