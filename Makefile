# Every verb of the project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run dev tour test test-all conformance check format lock

VENV := .venv
IN_VENV := $(VENV)/bin/python -m
INSTALLED := $(VENV)/installed
INSTALLED_DEV := $(VENV)/installed-dev
INSTALLED_SUITE := tests/conformance/node_modules/installed

# The first Python of a supported version makes the virtual environment; PYTHON=... overrides it.
SUPPORTED := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
FIND_PYTHON := for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" $(SUPPORTED) 2>/dev/null && { echo "$$python"; break; }; done
PYTHON ?= $(shell $(FIND_PYTHON))

# Sixty-four threads with an arena of memory each would keep a third more of it, and what hashing a
# password takes, 19 MB in each arena, would never be given back.
MEMORY := MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=4194304

INSTALL := $(IN_VENV) pip install --quiet --disable-pip-version-check --require-hashes --requirement
COMPILE := $(IN_VENV) uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

help: ## List these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Start the gateway on http://localhost:8000 (another port: PORT=9000 make run)
	@$(MEMORY) exec $(IN_VENV) gunicorn

dev: $(INSTALLED_DEV) ## The same, restarted whenever something in gateway/ or plugins/ changes
	@WEB_CONCURRENCY=1 exec $(IN_VENV) watchfiles "$(IN_VENV) gunicorn" gateway plugins $(PLUGINS_DIR)

tour: $(INSTALLED) ## Play the README's five-minute tour against the running gateway
	@$(VENV)/bin/python tools/tour.py

test: $(INSTALLED_DEV) ## Run the tests, without the slow ones (choose: make test ARGS="-k booking")
	$(IN_VENV) pytest -m "not slow" $(ARGS)

test-all: $(INSTALLED_DEV) ## Run all tests
	$(IN_VENV) pytest $(ARGS)

conformance: $(INSTALLED_DEV) $(INSTALLED_SUITE) ## Run the official MCP conformance suite (needs npm)
	@$(IN_VENV) tests.conformance.run

check: $(INSTALLED_DEV) ## Format, lint, types, architecture and documentation: all without changing a file
	$(IN_VENV) ruff format --check .
	$(IN_VENV) ruff check .
	$(IN_VENV) mypy --strict gateway
	$(IN_VENV) pytest --quiet tests/test_architecture.py tests/test_docs.py

format: $(INSTALLED_DEV) ## Format the code and mend what the linter can mend
	$(IN_VENV) ruff format .
	$(IN_VENV) ruff check --fix .

lock: $(INSTALLED_DEV) ## Compile requirements*.in to requirements*.txt (newer versions: UPGRADE=--upgrade)
	$(COMPILE) $(UPGRADE) requirements.in --output-file requirements.txt
	$(COMPILE) $(UPGRADE) requirements-dev.in --output-file requirements-dev.txt

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "The gateway needs Python 3.11 or newer and found none." \
		"Install one, or name yours: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" $(SUPPORTED) || { echo "The gateway needs Python 3.11 or newer, and" \
		"$(PYTHON) is not. Name another: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make virtual" \
		"environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(INSTALLED): requirements.txt | $(VENV)/bin/python
	@echo "Installing what requirements.txt pins into $(VENV) (once, about a minute) ..."
	@$(INSTALL) requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	@echo "Installing what requirements-dev.txt pins into $(VENV) (once, about a minute) ..."
	@$(INSTALL) requirements-dev.txt
	@touch $@

$(INSTALLED_SUITE): tests/conformance/package-lock.json
	@command -v npm >/dev/null || { echo "The conformance suite comes by npm, and there is none." \
		"On Debian and Ubuntu: apt install npm" >&2; exit 1; }
	@echo "Installing the conformance suite and the Node.js that runs it (once, 240 MB) ..."
	@cd tests/conformance && npm ci --loglevel=error >/dev/null
	@touch $@
