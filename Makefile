# Everything a person does here, one command each. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help build test check soak bench golden docs format wheel clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

build: $(STAMP) ## set up, then build the example study into outputs/
	$(BIN)/mg-cdisc build mapping_specs/hn2301 --outputs outputs

test: $(STAMP) ## set up, then run all tests and doctests
	$(BIN)/pytest -n auto

check: $(STAMP) ## format, lint, strict types, import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## rewrite the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(STAMP) ## the long campaigns of which make test runs a sample
	$(BIN)/pytest -n auto -m "soak or not soak" --soak

bench: $(STAMP) ## measure speed beside peers and floors, in one run
	$(BIN)/python -m benchmarks

golden: $(STAMP) ## rewrite the expected outputs of tests/golden and tests/scaffold from the code (review it as a diff)
	$(BIN)/pytest tests/golden tests/scaffold --golden -q

docs: $(STAMP) ## rewrite the parts of the documentation that come from code
	$(BIN)/python tools/make_docs.py

wheel: $(STAMP) ## build the wheel into dist/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove the environment and all that was built
	rm -rf $(VENV) outputs dist build
