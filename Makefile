# dane_check: every target does its own set-up; a fresh machine needs only python3 (>= 3.11) with venv and pip.

PY      ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
PYTEST  := $(BIN)/python -m pytest

# What `make demo` shows: DOMAIN=EXIT, the exit status each check must give (docs/requirements.md §1.3).
DEMO ?= \
	ee-matches.test=0 \
	no-match.test=1 \
	ta-not-served.test=1 \
	dual-certificates-one-stale.test=1 \
	tlsa-forged.test=1 \
	second-mx-without-tlsa.test=3

.DEFAULT_GOAL := help
.PHONY: help demo test lint interop faults fixtures docs bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## check a few domains of the embedded lab, good and bad; nothing leaves this machine
	@for pair in $(DEMO); do \
		domain=$${pair%=*}; expected=$${pair#*=}; status=0; \
		printf '\n$$ dane-check domain --lab %s\n' "$$domain"; \
		$(BIN)/dane-check domain --lab "$$domain" || status=$$?; \
		if [ "$$status" -ne "$$expected" ]; then \
			echo "make demo: $$domain should have given exit status $$expected" >&2; exit 1; \
		fi; \
	done

test: $(VENV)/.dev ## run all tests but those that need real servers
	$(PYTEST) -n auto -m "not interop"

lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check dane_check tests
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

interop: $(VENV)/.dev ## run against real name servers, resolvers and mail servers; needs root and Debian packages
	$(PYTEST) -m interop -n 4

faults: $(VENV)/.dev ## run every fault at every step, and a survey of 2 000 domains in trouble; `make test` runs a part
	FAULT_MATRIX=whole SURVEY_LOAD=whole $(PYTEST) -n auto tests/faults tests/survey/test_truth_under_load.py

fixtures: $(VENV)/.dev ## record every lab scenario anew, with fixed keys and clock
	$(BIN)/python -m tests.replay.record

docs: $(VENV)/.dev ## write the documents that programs write: conformance, explain, faults, findings
	$(BIN)/python -m tests.docs.conformance
	$(BIN)/python -m tests.docs.explain
	$(BIN)/python -m tests.docs.faults
	$(BIN)/python -m tests.docs.findings
	$(BIN)/python -m tests.docs.preflight
	$(BIN)/python -m tests.docs.rollover
	$(BIN)/python -m tests.docs.stories
	$(BIN)/python -m tests.docs.zone_repository

bench: $(VENV)/.dev ## measure, beside other programs; writes docs/performance.md and docs/limits.md; LONG=1 for long lists too
	$(BIN)/python -m tests.bench $(if $(LONG),--long)
	$(BIN)/python -m tests.docs.limits

clean: ## remove the virtual environment and every cache
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# --- set-up ----------------------------------------------------------------------------------------------
# The stamps say what is installed; a changed pyproject.toml makes them old.

$(BIN)/python:
	@for candidate in "$(PY)" python3.14 python3.13 python3.12 python3.11; do \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		"$$candidate" -c 'import ensurepip, venv' 2>/dev/null \
			|| { echo "$$candidate has no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
		exec "$$candidate" -m venv $(VENV); \
	done; \
	echo "Python 3.11 or newer is needed; name one with: make PY=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run
