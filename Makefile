# Everything that is done to this project, by name. `make` alone lists the names.
#
# What is made stands in .venv (the environment, downloads, caches) and in outputs (notebooks that ran,
# models, results), and nowhere else.

PYTHON ?= python3
SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

BIN := .venv/bin
READY := .venv/ready
export PIP_CACHE_DIR ?= $(CURDIR)/.venv/cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/cache/pycache

# A path may hold spaces, quotes and dollar signs, so neither make nor a shell gets to read it: `make run`
# finds it in its environment, as it was typed. An IMAGE that happened to be there already is not meant.
ifeq ($(origin IMAGE),command line)
override IMAGE := $(value IMAGE)
else
IMAGE :=
endif
ifeq ($(origin PICTURES),command line)
override PICTURES := $(value PICTURES)
endif
export IMAGE PICTURES

.PHONY: help
help:  ## say what can be made
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "  %-7s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(READY)  ## train if there is no model yet and read a sample, or IMAGE=path-or-URL
	@$(BIN)/python tools/first_run.py

.PHONY: test
test: lint  ## lint, then run every test, the notebooks and the browser among them
	@CHROMIUM="$$($(BIN)/python tools/chromium.py)" && export CHROMIUM && $(BIN)/python -m pytest

.PHONY: lab
lab: $(READY)  ## open JupyterLab
	@$(BIN)/python -m jupyterlab $$(test "$$(id -u)" != 0 || echo --allow-root)  # one is root in a container

.PHONY: lint
lint: $(READY)  ## check code and notebooks: style, types, which package imports which, no outputs in git
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --cache-dir .venv/cache/import-linter
	@find notebooks -name .ipynb_checkpoints -prune -o -name '*.ipynb' -exec $(BIN)/nbstripout --verify \
		--extra-keys "metadata.papermill cell.metadata.papermill" {} +

.PHONY: lock
lock: $(READY)  ## pin every dependency with its hashes; LOCK=--upgrade moves to the newest
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--only-binary :all: --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		--cache-dir .venv/cache/uv --quiet --output-file requirements.lock $(LOCK)

.PHONY: bench
bench: $(READY)  ## measure everything and keep the figures; PICTURES="folder folder" for accuracy too
	@$(BIN)/python tools/bench.py

.PHONY: figures
figures: $(READY)  ## put the figures that were kept into README.md and benchmarks/README.md
	@$(BIN)/python tools/figures.py

.PHONY: course
course: $(READY)  ## make the lessons' notebooks from notebooks/course/source
	@$(BIN)/python tools/course.py

.PHONY: clean
clean:  ## remove .venv and caches; outputs stay
	rm -rf .venv
	find . -name __pycache__ -prune -exec rm -rf {} +

# The mark comes last, so that an install that was cut short is taken up again.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1)' || { \
		echo "digits_nb needs Python 3.11 or newer, and $(PYTHON) is older or missing: name one that is, as in make run PYTHON=python3.12." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@echo "Installing into .venv what requirements.lock pins: a minute or two the first time."
	@set -o pipefail; $(BIN)/python -m pip install --require-hashes --requirement requirements.lock \
		| awk '/^(Collecting|Processing)/ && ++n % 25 == 0 { print "  " n " packages"; fflush() } \
		       /^Installing/ { print "  " n " packages, now putting them in place"; fflush() }'
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
