# `make demo` shows what there is, `make test` proves it, `make documents` runs what
# README.md and docs/ tell a reader to run. All set themselves up.
.DELETE_ON_ERROR:
.PHONY: demo test matrix faults documents lint theory trained reference results lock clean

PYTHON ?= python3
BIN = .venv/bin

demo: .venv/installed
	$(BIN)/python examples/demo.py

test: .venv/installed
	$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=worksteal

# Every network by every kind of objective, compiled by XLA with static shapes.
matrix: .venv/installed
	$(BIN)/python -m benchmarks.matrix

# Kills, full disks, damaged files and their like, and the table of docs/reliability.md; what is in
# docs/figures/faults.json is passed over.
faults: .venv/installed
	$(BIN)/python -m benchmarks.faults

# The commands and code blocks of README.md and docs/, as a reader would copy them.
documents: .venv/installed
	$(BIN)/python examples/run_documents.py

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The figures of docs/theory.md, and the one of README.md.
theory: .venv/installed
	$(BIN)/python -m experiments.figure1 --output docs/figures
	$(BIN)/python -m experiments.figure1 --mixture zoo/distributions/two_modes.json \
	  --output docs/figures/two_modes
	$(BIN)/python -m experiments.trained_points --output docs/figures/scheduled_sampling_points.json
	$(BIN)/python -m experiments.scheduled_sampling --output docs/figures \
	  --points docs/figures/scheduled_sampling_points.json
	$(BIN)/python -m experiments.little_data
	$(BIN)/python -m experiments.game_noise
	$(BIN)/python -m experiments.figure1_strip --output docs/images/figure1.png

# Those of trained networks, some six hours on one core; what takes long goes on after a stop.
trained: .venv/installed
	$(BIN)/python -m experiments.adversarial_figure1 --workdir runs/figure1 --output docs/figures
	$(BIN)/python -m experiments.weightings --output docs/figures
	$(BIN)/python -m experiments.discrete --output docs/figures --seeds 0
	$(BIN)/python -m experiments.neural --workdir runs/neural --output docs/figures
	$(BIN)/python -m experiments.quality_diversity --workdir runs/plane --output docs/figures
	$(BIN)/python -m experiments.distillation

# docs/reference.md, from the signatures and docstrings of the code.
reference: .venv/installed
	$(BIN)/python -m experiments.reference

# The results tables of README.md and docs/results.md, from experiments/, and docs/gallery.md.
results: .venv/installed
	$(BIN)/python -m experiments.table
	$(BIN)/python -m experiments.gallery

# The virtual environment, made anew when the requirements change.
.venv/installed: setup.py requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it as in: make $@ PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# New versions of everything, for Python 3.11 and newer on every platform.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --upgrade \
	  --extra test setup.py --output-file requirements.lock

clean:
	rm -rf .venv build *.egg-info
