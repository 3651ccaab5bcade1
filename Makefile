# Two commands to begin with: `make sweep` and `make test`. Each makes what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

NEXT := .venv-hydra-1.4
OPTUNA := .venv-optuna
CUDA := .venv-cuda
HYDRA_TESTS := tests/cli tests/plugins tests/sweeps/test_preview.py tests/test_packaging.py

# Tests keep their bytecode: pytest would rewrite the assertions of all of them at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: sweep studies docs test test-slow test-hydra-1.4 test-optuna test-cuda lint format wheel bench clean

sweep: $(VENV)/.run-ready
	$(BIN)/python -m xorsweep -m

studies: $(VENV)/.run-ready
	$(BIN)/python -m benchmarks.studies

# The documents as a site: open build/docs/index.html.
docs: $(VENV)/.dev-ready
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not slow" --durations 20

# PROFILE=random tries other examples of the tests by Hypothesis each time.
PROFILE ?= thorough
test-slow: $(VENV)/.test-ready
	HYPOTHESIS_PROFILE=$(PROFILE) $(BIN)/python -m pytest --numprocesses auto --dist worksteal -m slow

# What of the tests meets Hydra, with the Hydra that constraints.txt has for Python 3.14.
test-hydra-1.4: $(NEXT)/.test-ready
	$(NEXT)/bin/python -m pytest --numprocesses auto --dist worksteal -m "not slow" $(HYDRA_TESTS)

# Hydra's Optuna sweeper needs an Optuna that is older than what else would install.
test-optuna: $(OPTUNA)/.test-ready
	$(OPTUNA)/bin/python -m pytest tests/plugins/test_optuna.py

# The engine for GPUs in Numba's simulator of one and, where there is one, on it. It has an environment
# of its own because numba-cuda makes every start of Python take longer.
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

# BENCH names a Python that has the peers too: PyTorch, JAX, scikit-learn. Others are skipped.
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

# The pins of constraints.txt first, then the two that differ: pip takes no two pins of a package.
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
