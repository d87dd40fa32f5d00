# Every target but clean makes the environment first; when nothing changed that takes a fraction of a second.
.POSIX:
SHELL = /bin/sh
PYTHON = .venv/bin/python
SIZE = medium
ARGS =
# a worker for each core, with servers of its own; servers that are given by name are one for all
WORKERS = $(if $(CLINICDESK_TEST_POSTGRES),0,auto)

.PHONY: setup run test bench soak screenshots bundle clean

setup:
	@sh packaging/setup.sh

run: setup
	@sh packaging/run.sh $(ARGS)

test: setup
	@echo "== format";       $(PYTHON) -m ruff format --check .
	@echo "== lint";         $(PYTHON) -m ruff check .
	@echo "== types";        $(PYTHON) -m mypy
	@echo "== import rules"; .venv/bin/lint-imports
	@echo "== tests";        QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile

bench: setup
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.bench --size $(SIZE)

soak: setup
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest tests/faults/long_runs.py -s

screenshots: setup
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.screenshots

bundle: setup
	@bash packaging/bundle.sh

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
