# Two commands to begin with: `make sweep` and `make test`. Each makes what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: sweep studies test test-slow lint format wheel bench clean

sweep: $(VENV)/.run-ready
	$(BIN)/python -m xorsweep -m

studies: $(VENV)/.run-ready
	$(BIN)/python -m benchmarks.studies

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not slow"

test-slow: $(VENV)/.test-ready
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m slow

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(VENV)/.dev-ready
	rm -rf dist
	$(BIN)/python -m build --outdir dist

# BENCH names a Python that has the peers too: PyTorch, JAX, scikit-learn. Others are left out.
BENCH ?= $(BIN)/python
bench: $(VENV)/.bench-ready
	$(BENCH) -m benchmarks $(BENCH_FLAGS)

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(None if ok else "xorsweep needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.13 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.test-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@ $(VENV)/.run-ready

$(VENV)/.bench-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[fast]' hydra-joblib-launcher
	touch $@

$(VENV)/.dev-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.run-ready $(VENV)/.test-ready
