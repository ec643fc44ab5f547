# `make backtest` and `make test` need Python 3.11 or newer and make, nothing else.
# Every path is relative: make splits names at spaces, and the checkout may lie in a folder that has some.

PYTHON ?=
VENV   := .venv/bin/python

.PHONY: help backtest test test-long lint clean

help:
	@echo "make backtest   run the flagship on the built-in sample market"
	@echo "make test       run all tests and doctests"
	@echo "make test-long  run the long tier: 10,000 random markets against the naive twin"
	@echo "make lint       check style and format"
	@echo "make clean      remove the virtual environment and build products"

backtest: .venv/ready
	@$(VENV) -m screener backtest capex-rotation --source sample

test: .venv/ready-test
	@$(VENV) -m pytest -n logical --dist loadfile

test-long: .venv/ready-test
	@$(VENV) -m pytest -m long

lint: .venv/ready-test
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .

clean:
	rm -rf .venv build dist

# Stamps are written last, so that an interrupted installation starts again.
.venv/made:
	@found=; for each in "$(PYTHON)" python3 python3.11 python3.12 python3.13 python3.14 python; do \
		if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$each"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "No Python 3.11 or newer found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version)" >&2; \
	"$$found" -m venv --clear .venv || { \
		echo "$$found cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	}
	@touch .venv/made

.venv/ready: .venv/made pyproject.toml constraints.txt
	@echo "Installing packages; the first time this takes a few minutes" >&2
	@$(VENV) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch .venv/ready

.venv/ready-test: .venv/made pyproject.toml constraints.txt
	@echo "Installing packages for the tests; the first time this takes a few minutes" >&2
	@$(VENV) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch .venv/ready .venv/ready-test
