# Tocsin. `make run` is all a newcomer needs: it installs what is missing, starts everything and replays the demo.
# Needs Python 3.11 or newer and make; no Java, no Maven, no Node.js, no container. Nothing outside this folder is
# changed but the user's cache (Kafka's jars, and pip's own).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install install-dev browser promtool run test lint faults bench simulate lock clean distclean

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
DIR ?= var
ARGS ?=
# Tests wait for processes more than they work; each job has a broker and a ClickHouse of its own.
JOBS ?= 2

help: ## This list
	@echo "Tocsin: event-streaming surveillance of infectious diseases"; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo; echo "  make run DIR=data ARGS='--port 9000 --speed 50000'"

# Each stamp is newer than what it was made from, so that a second run does nothing.
$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make install PYTHON=/path/to/python"; exit 1; }
	@echo "== environment in $(VENV), of $$($(PYTHON) --version)"
	$(PYTHON) -m venv $(VENV)

# The checkout itself is put on the environment's path, and a `tocsin` that works from any folder beside it.
$(VENV)/checkout.stamp: | $(PY)
	@$(PY) -c "import sysconfig, pathlib; \
	  (pathlib.Path(sysconfig.get_path('purelib')) / 'tocsin-checkout.pth').write_text('$(CURDIR)\n')"
	@printf '#!/bin/sh\nexec "%s/$(PY)" -m tocsin "$$@"\n' '$(CURDIR)' > $(VENV)/bin/tocsin
	@chmod +x $(VENV)/bin/tocsin
	@touch $@

$(VENV)/run.stamp: requirements/run.txt | $(PY)
	@echo "== packages (about 500 MB the first time), each checked against its hash"
	$(PIP) install --require-hashes -r $< | { grep -v 'already satisfied' || true; }
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(PY)
	@echo "== packages for development too, each checked against its hash"
	$(PIP) install --require-hashes -r $< | { grep -v 'already satisfied' || true; }
	@touch $@ $(VENV)/run.stamp

$(VENV)/fetched.stamp: tocsin/embedded/kafka.lock console/package-lock.json | $(VENV)/run.stamp $(VENV)/checkout.stamp
	@echo "== Apache Kafka's jars and the page's chart library, as locked"
	$(PY) -m tocsin install
	@touch $@

install: $(VENV)/run.stamp $(VENV)/checkout.stamp $(VENV)/fetched.stamp ## Everything that `make run` needs
	@echo "installed; \`make run\` starts it, or $(VENV)/bin/tocsin --help"

install-dev: $(VENV)/dev.stamp $(VENV)/checkout.stamp $(VENV)/fetched.stamp $(VENV)/testing.stamp browser promtool ## And what tests need

$(VENV)/testing.stamp: console/package-lock.json | $(VENV)/dev.stamp $(VENV)/checkout.stamp
	$(PY) -m console.vendor --testing
	@touch $@

browser: | $(VENV)/dev.stamp # A Chromium for the page's tests: the system's, else Playwright's, else the package manager's
	@if command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || $(PY) -c "import os, sys; \
	  from playwright.sync_api import sync_playwright as p; \
	  w = p().start(); found = os.path.exists(w.chromium.executable_path); w.stop(); sys.exit(not found)" 2>/dev/null; \
	then exit 0; fi; \
	echo "== a Chromium for the page's tests"; \
	if timeout 300 $(PY) -m playwright install chromium; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	    chromium fonts-noto-cjk; \
	else echo "no Chromium, and no way to get one: install chromium by hand for the page's tests"; exit 1; fi

promtool: | $(VENV)/dev.stamp # Prometheus' own checker for its alert rules: the system's, else Debian's, unpacked and not installed
	@if command -v promtool >/dev/null 2>&1 || [ -x $(VENV)/bin/promtool ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then \
	  echo "no promtool, and no way to get one: the tests of the alert rules are skipped"; exit 0; fi; \
	echo "== promtool for the tests of the alert rules"; \
	at=$$(mktemp -d); trap 'rm -rf "$$at"' EXIT; \
	if (cd "$$at" && { apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; }) \
	  >/dev/null 2>&1 && dpkg-deb --fsys-tarfile "$$at"/prometheus_*.deb | tar -xO ./usr/bin/promtool > "$$at/promtool"; \
	then chmod +x "$$at/promtool" && mv "$$at/promtool" $(VENV)/bin/promtool; \
	else echo "no promtool within reach: the tests of the alert rules are skipped"; fi

run: install ## Start everything and replay the demo; Ctrl-C stops, again `make run` continues; DIR=..., ARGS=...
	@exec $(PY) -m tocsin up --replay --dir $(DIR) $(ARGS)

lint: $(VENV)/dev.stamp $(VENV)/checkout.stamp ## Style, types and the rooms' direction
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test: install-dev lint ## Everything, on real Kafka and the real ClickHouse engine
	$(PY) -m pytest -q -n $(JOBS) --dist loadfile $(ARGS)

faults: install-dev ## Twenty kill -9 for each process, every failpoint, a minute asleep; prints its seeds (TOCSIN_SEED)
	TOCSIN_KILLS=$${TOCSIN_KILLS:-20} TOCSIN_PROCESS=$${TOCSIN_PROCESS:-each} \
	  TOCSIN_DISRUPTION_SECONDS=$${TOCSIN_DISRUPTION_SECONDS:-60} $(PY) -m pytest -q -s tests/faults $(ARGS)

bench: install-dev ## Measures, with their spread, in bench/results
	$(PY) -m bench $(ARGS)

simulate: $(VENV)/dev.stamp $(VENV)/checkout.stamp ## What each detector finds on simulated outbreaks: docs/simulation.md; ARGS=--quick
	$(PY) -m detectors.simulation $(ARGS)

lock: | $(VENV)/dev.stamp ## Resolve packages and jars afresh; needs uv (`pip install uv`)
	for set in run dev; do uv pip compile requirements/$$set.in -o requirements/$$set.txt --python-version 3.11 \
	  --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" -q --upgrade; done
	$(PY) -m tocsin install --relock > $(VENV)/kafka.lock && mv $(VENV)/kafka.lock tocsin/embedded/kafka.lock

clean: ## Forget the demo's data and everything built; the environment stays
	rm -rf var build dist ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## And the environment
	rm -rf $(VENV) console/static/vendor
