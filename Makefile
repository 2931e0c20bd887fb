# Everything a newcomer needs: make run, make test. Only Python 3.11, make and git are expected to be here.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
PORT ?= 8000

.PHONY: run test lint bench accuracy drill fuzz clean lock install install-dev browser

run: install
	@$(PY) manage.py migrate --no-input --verbosity 0
	@$(PY) manage.py collectstatic --no-input --verbosity 0
	@exec $(PY) manage.py up --port $(PORT)

# Three workers on two cores: what starts engines or browsers waits more than it works. A file's tests share what they start.
test: install-dev browser
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: install-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: install-dev
	@$(PY) -m benchmarks.speed $(ARGS)

accuracy: install-dev
	@$(PY) -m benchmarks.accuracy $(ARGS)

# Kills primaries and looks for what they had acknowledged: make drill ARGS="--tries 50 --json -"
drill: install
	@$(PY) -m engine drill $(ARGS)

# One reader against hostile input: make fuzz FORMAT=pcap; the format names are printed when it is left out.
fuzz: install-dev
	@$(PY) -m tests.fuzz.fuzz $(FORMAT) $(or $(ARGS),-max_total_time=60)

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(PY):
	@echo "Making a virtual environment in $(VENV) with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Headroom needs Python 3.11 or newer; say PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock | $(PY)
	@echo "Installing the locked requirements (a minute or two the first time)"
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements.lock | $(PY)
	@echo "Installing the locked requirements for tests"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.installed

# What the tests drive that pip cannot bring: a browser and a second engine. Where the system's package manager may not be
# used, the tests that need them say so and are skipped.
browser:
	@bash .ci/system-packages

lock: | $(PY)
	@$(PIP) install --quiet pip-tools
	@$(PY) -m piptools compile --quiet --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --annotation-style=line -o requirements.lock requirements.in
	@$(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --annotation-style=line -o requirements-dev.lock requirements-dev.in

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Cleaned. Your data in var/ was kept."
