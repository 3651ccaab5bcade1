# Begin with `make sweep` or `make test`. Each installs the packages that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

NEXT := .venv-hydra-1.4
OPTUNA := .venv-optuna
CUDA := .venv-cuda
HYDRA_TESTS := tests/cli tests/plugins tests/sweeps/test_preview.py tests/test_packaging.py

# Tests keep their bytecode. Without it, pytest rewrites the assertions of all tests at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: sweep studies docs test test-slow test-hydra-1.4 test-optuna test-cuda lint format wheel bench clean

sweep: $(VENV)/.run-ready
	$(BIN)/python -m xorsweep -m

studies: $(VENV)/.run-ready
	$(BIN)/python -m benchmarks.studies

# Builds a site of the documents: open build/docs/index.html.
docs: $(VENV)/.dev-ready
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not slow" --durations 20

# With PROFILE=random, Hypothesis tries other examples each time.
PROFILE ?= thorough
test-slow: $(VENV)/.test-ready
	HYPOTHESIS_PROFILE=$(PROFILE) $(BIN)/python -m pytest --numprocesses auto --dist worksteal -m slow

# Runs the tests that use Hydra, with the version of Hydra that constraints.txt has for Python 3.14.
test-hydra-1.4: $(NEXT)/.test-ready
	$(NEXT)/bin/python -m pytest --numprocesses auto --dist worksteal -m "not slow" $(HYDRA_TESTS)

# Hydra's Optuna sweeper needs an old version of Optuna, so it has an environment of its own.
test-optuna: $(OPTUNA)/.test-ready
	$(OPTUNA)/bin/python -m pytest tests/plugins/test_optuna.py

# Tests the engine for GPUs in Numba's simulator and, on a machine with a GPU, on the GPU. It has an
# environment of its own because numba-cuda slows every start of Python.
test-cuda: $(CUDA)/.test-ready
	$(CUDA)/bin/python -m pytest tests/networks/engines/cuda

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(VENV)/.dev-ready
	rm -rf dist
	$(BIN)/python -m build --outdir dist

# BENCH is a Python in which PyTorch, JAX and scikit-learn are installed. Those that aren't are skipped.
BENCH ?= $(BIN)/python
bench: $(VENV)/.bench-ready
	$(BENCH) -m benchmarks $(BENCH_FLAGS)

clean:
	rm -rf $(VENV) $(NEXT) $(OPTUNA) $(CUDA) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "xorsweep needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.13 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.test-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@ $(VENV)/.run-ready

# First with the pins of constraints.txt, then the two that differ: pip allows one pin per package.
$(NEXT)/.test-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m venv $(NEXT)
	$(NEXT)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt --editable '.[slurm,fast]' pytest pytest-xdist hypothesis
	sed -n 's/^\(hydra-core\|omegaconf\)\(.*\); python_version >= "3.14"$$/\1\2/p' constraints.txt > $(NEXT)/hydra.txt
	$(NEXT)/bin/python -m pip --disable-pip-version-check install --quiet --requirement $(NEXT)/hydra.txt
	touch $@

$(OPTUNA)/.test-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m venv $(OPTUNA)
	$(OPTUNA)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt --editable . pytest hypothesis hydra-optuna-sweeper==1.3.0 optuna==2.10.1
	touch $@

$(CUDA)/.test-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m venv $(CUDA)
	$(CUDA)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt --editable '.[fast]' numba-cuda pytest hypothesis
	touch $@

$(VENV)/.bench-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[fast]' hydra-joblib-launcher
	touch $@

$(VENV)/.dev-ready: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.run-ready $(VENV)/.test-ready
