# The two that matter: `make demo` compiles our jet tagger for the Alveo U50 and simulates it, `make test` runs the tests.
# Expected on the machine: python3 (3.11 or later, with venv), g++ and make. The rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
TRAIN_VENV := .venv-train
TRITON_VENV := .venv-triton
KERAS_VENV := .venv-keras
DEMO := build/jet_tagger

.PHONY: demo test train-test gpu-test keras-test lint types clean

demo: $(VENV)/stamp
	$(VENV)/bin/codesign compile models/jet_tagger/jet_tagger.onnx --target u50 -o $(DEMO) --force
	$(VENV)/bin/codesign cosim $(DEMO)

test: $(VENV)/stamp
	$(VENV)/bin/python -m pytest -n 2 -m "not train and not keras and not gpu"

train-test: $(TRAIN_VENV)/stamp
	$(TRAIN_VENV)/bin/python -m pytest -m train

gpu-test: $(TRAIN_VENV)/stamp $(TRITON_VENV)/stamp
	$(TRAIN_VENV)/bin/python -m pytest -n 2 -m gpu tests/gpu tests/cli

keras-test: $(KERAS_VENV)/stamp
	$(KERAS_VENV)/bin/python -m pytest -m keras tests/keras

lint: $(VENV)/stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check codesign tests tools benchmarks

types: $(VENV)/stamp
	$(VENV)/bin/mypy

# A stamp is older than pyproject.toml when the dependencies may have changed.
$(VENV)/stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(TRAIN_VENV)/stamp: pyproject.toml
	$(PYTHON) -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[train,gpu,dev]'
	@touch $@

# The server without a GPU, and what its models import; the wheel's other requirements are not the server's.
$(TRITON_VENV)/stamp: Makefile templates/triton/requirements.txt
	$(PYTHON) -m venv $(TRITON_VENV)
	$(TRITON_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps 'nvidia-pytriton>=0.7,<0.8'
	$(TRITON_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'numpy<2' -r templates/triton/requirements.txt
	@touch $@

# Never with hgq2 in it, which brings a package of the same name as QKeras.
$(KERAS_VENV)/stamp: pyproject.toml
	$(PYTHON) -m venv $(KERAS_VENV)
	$(KERAS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[keras,dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(TRAIN_VENV) $(TRITON_VENV) $(KERAS_VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find codesign tests models -name __pycache__ -type d -prune -exec rm -rf {} +
