# Two commands: `make karel` shows the laboratory at work, `make test` shows that it works.
#
#   PYTHON    the interpreter the virtual environment is made with (python3)
#   VENV      the virtual environment; one that exists is used (.venv)
#   PIP_ARGS  further arguments for pip install, such as another package index
#   ARGS      further arguments for `ontogeny run`, such as --seeds 3; for `make bench`: --quick
#   WHAT      which benchmarks `make bench` carries out (all)

PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
ARGS ?=
WHAT ?=
NEEDED_KB = 4000000
PAGE = src/ontogeny/explorer/static

BIN = $(VENV)/bin
INSTALL = -m pip install --disable-pip-version-check --quiet -c constraints.txt $(PIP_ARGS)
PIP = $(BIN)/python $(INSTALL)
BENCH_VENV = .bench-venv

.DELETE_ON_ERROR:
.PHONY: help karel karel-quick test lint audit bench trust web

help: ## these lines
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

karel: $(VENV)/.ontogeny ## install, then the flagship study on this machine: train, probe, judge, report (six minutes, twelve without bf16)
	$(BIN)/ontogeny run emergent_semantics --preset laptop $(ARGS)

karel-quick: $(VENV)/.ontogeny ## the same at the smallest scale (about a minute after installation)
	$(BIN)/ontogeny run emergent_semantics --preset smoke $(ARGS)

test: $(VENV)/.ontogeny-dev ## install with the development tools, then the whole test suite
	@command -v chromium >/dev/null || echo "missing: chromium, so the explorer's page is not tested; sudo apt install chromium"
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/.ontogeny-dev ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(VENV)/.ontogeny-dev ## the dependencies: versions against the pins, licences, known vulnerabilities where they can be had
	$(BIN)/python .ci/audit.py

bench: $(BENCH_VENV)/.ontogeny-bench ## side by side with the peers, on an idle machine (about half an hour); writes docs/performance.md
	$(BENCH_VENV)/bin/python benchmarks/run.py $(WHAT) $(ARGS)

# The committed page must be what its source builds. Users of the package need no Node: without it nothing is checked.
web: ## the explorer's page: checked, tested, and held against a fresh build (needs Node 20.19 or later)
	@if ! command -v npm >/dev/null; then echo "no npm: the committed page is taken as it is"; exit 0; fi; \
	set -e; cd web; npm ci --no-audit --no-fund --silent; npm run --silent check; npm run --silent test; \
	fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	ONTOGENY_WEB_OUT="$$fresh" npm run --silent build >/dev/null; \
	diff -r "$$fresh" ../$(PAGE) || { echo "$(PAGE) is not what web/ builds: run npm run build in web/, and commit it" >&2; exit 1; }

trust: $(VENV)/.ontogeny-dev ## kill, break, fuzz, repeat, spread out (an hour); writes docs/reliability.md
	@set -e; for name in kills faults hostile determinism scale_out hosts equality api fuzz reliability; do \
		$(BIN)/python benchmarks/trust/$$name.py; done

# Installed anew only after the requirements changed. The development install contains the plain one.
$(VENV)/.ontogeny: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.ontogeny-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV), with the development tools"
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.ontogeny

# The peers, each line of the requirements by itself: what cannot be installed is said, and the others are compared.
$(BENCH_VENV)/.ontogeny-bench: pyproject.toml constraints.txt benchmarks/requirements.txt | $(BIN)/python
	@echo "installing into $(BENCH_VENV), with the peers"
	@test -x $(BENCH_VENV)/bin/python || $(BIN)/python -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python $(INSTALL) -e .
	@grep -v '^#' benchmarks/requirements.txt | while read -r peers; do \
		$(BENCH_VENV)/bin/python $(INSTALL) $$peers || echo "not installed, its rows will say so: $$peers" >&2; done
	@touch $@

$(BIN)/python:
	@$(python_found)
	@$(python_recent)
	@$(venv_found)
	@$(enough_disk)
	@$(PYTHON) -m venv $(VENV)

# What may be missing, each said in one line.
stop = { echo "missing: $(1)" >&2; exit 1; }
python_found = command -v $(PYTHON) >/dev/null || $(call stop,Python 3.11 or later as '$(PYTHON)'; sudo apt install python3 python3-venv)
python_recent = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	$(call stop,Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | head -n 1). Pass another: make PYTHON=python3.12)
venv_found = $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	$(call stop,Python's venv module; sudo apt install python3-venv (or python3.X-venv for that version))
enough_disk = test "$$(df -Pk $(dir $(abspath $(VENV))) | awk 'NR == 2 { print $$4 }')" -ge $(NEEDED_KB) || \
	$(call stop,about 4 GB of free disk space for the virtual environment in $(VENV))
