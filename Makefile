# Two commands need nothing done before:   make run   make test
# `make help` lists the rest. Every target calls what it needs; nothing is done twice when nothing has changed.

HOST ?= 127.0.0.1
PORT ?= 8000
# What to serve, and what to test: make run APP=examples/hello.py, make test TESTS=tests/net ARGS=-x
APP ?= examples/newsroom/app.py
TESTS ?=
ARGS ?=
MINUTES ?= 10

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off
LOCKED := $(PIP) --require-hashes
QUIETLY := sh tools/quietly.sh
NETWORK := Is the Python package index reachable? Try again; what was done is kept.

# What is compiled: _name.pyx, and name.py where a name.pxd stands beside it.
PXD := $(shell find src -name '*.pxd' 2>/dev/null)
PYX := $(shell find src -name '_*.pyx' 2>/dev/null) $(PXD) $(foreach pxd,$(PXD),$(wildcard $(pxd:.pxd=.py)))
# The stylesheet is cut down to the names that these files use.
STYLED := $(shell find src/sennit/admin src/sennit/auth -path '*/vendor*' -prune -o -type f \( -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.py' \) -print 2>/dev/null)

.PHONY: help setup run test check fuzz fuzz-websocket autobahn bench bench-all bench-client bench-websocket bench-model bench-memory bench-static reload-under-load soak slowloris profile results docs lock dist clean
.NOTPARALLEL:
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help:
	@echo 'make run     set everything up and serve the newsroom   (HOST=, PORT=, APP=)'
	@echo 'make test    set everything up and run every test       (TESTS=, ARGS=)'
	@echo 'make check   format, lint, types, layers, exports, documents'
	@echo 'make fuzz    a million spoilt requests: both twins, h11 and llhttp (ARGS="--steps 5000 --seed 1")'
	@echo 'make fuzz-websocket   a million spoilt streams of frames: both twins, the websockets package and wsproto'
	@echo 'make autobahn   every case of Autobahn|Testsuite, against the server and against the client'
	@echo 'make bench   server CPU time per request beside a plain C responder and peers; docs/howto/measure-the-server.md'
	@echo '             has its relatives: bench-all, bench-client, bench-websocket, bench-model, bench-memory, bench-static, soak, slowloris, profile, results'
	@echo 'make reload-under-load   reload and kill workers under load: no request may fail'
	@echo 'make docs    write the reference from the docstrings, check every document'
	@echo 'make dist    build the wheel and serve from it in a clean environment'
	@echo 'make lock    remake requirements/*.lock and package-lock.json'
	@echo 'make clean   remove everything that was made'

setup: $(STAMPS)/package $(STAMPS)/browser
	@:

run: setup
	@exec $(BIN)/sennit run $(APP) --host $(HOST) --port $(PORT)

test: setup $(STAMPS)/test
	@$(BIN)/python tests/system_parts.py
	@echo 'running the tests'
	@$(BIN)/python -m pytest -q -n auto $(ARGS) $(TESTS)
ifeq ($(TESTS),)
	@echo 'running the tests of what is compiled once more, on plain Python'
	@$(BIN)/python tools/copy_plain.py build/plain
	@SENNIT_PLAIN=1 $(BIN)/python -m pytest -q -n auto -o pythonpath='build/plain tests tools' $(ARGS) tests/net tests/protocols tests/client tests/server tests/web
endif

check: setup $(STAMPS)/test $(STAMPS)/check $(STAMPS)/pyright
	@echo 'checking the format'
	@$(BIN)/ruff format --check --quiet . || { echo 'mend it with: $(BIN)/ruff format .' >&2; exit 1; }
	@echo 'checking for mistakes (ruff)'
	@$(BIN)/ruff check --quiet . || { echo 'mend what can be mended: $(BIN)/ruff check --fix .' >&2; exit 1; }
	@echo 'checking types (mypy --strict)'
	@$(BIN)/mypy
	@echo 'checking types as users see them (pyright)'
	@$(BIN)/python tools/run_node.py node_modules/pyright/index.js
	@echo 'checking layers, exports, error pages, documents'
	@$(BIN)/python -m pytest -q --no-header tests/test_layers.py tests/test_exports.py tests/test_error_pages.py tests/test_documents.py

fuzz: setup $(STAMPS)/test
	@$(BIN)/python tests/fuzz/run.py $(ARGS)

fuzz-websocket: setup $(STAMPS)/test
	@$(BIN)/python tests/fuzz/run.py --kind websocket $(ARGS)

autobahn: setup $(STAMPS)/test
	@PYTHONPATH=src:tests:tools $(BIN)/python tests/conformance/websocket/run.py $(ARGS)

bench: setup
	@$(BIN)/python benchmarks/bench_http.py $(ARGS)

bench-all: setup
	@$(BIN)/python benchmarks/bench_http.py --peers all --rounds 3 $(ARGS)
	@$(BIN)/python benchmarks/bench_client.py --peers all --rounds 3
	@$(BIN)/python benchmarks/bench_websocket.py --peers all --rounds 3

bench-client: setup
	@$(BIN)/python benchmarks/bench_client.py $(ARGS)
ifeq ($(ARGS),)
	@$(BIN)/python benchmarks/bench_sync_client.py
endif

bench-websocket: setup
	@$(BIN)/python benchmarks/bench_websocket.py $(ARGS)

bench-model: setup
	@$(BIN)/python benchmarks/bench_model.py $(ARGS)

bench-memory: setup
	@$(BIN)/python benchmarks/bench_memory.py $(ARGS)

bench-static: setup
	@$(BIN)/python benchmarks/bench_static.py $(ARGS)

# MINUTES=2 for a first look.
soak: setup
	@$(BIN)/python benchmarks/soak.py --minutes $(MINUTES) $(ARGS)

slowloris: setup
	@$(BIN)/python benchmarks/slowloris.py $(ARGS)

profile: setup
	@$(BIN)/python benchmarks/profile_requests.py $(ARGS)

results:
	@$(BIN)/python benchmarks/write_results.py

reload-under-load: setup
	@$(BIN)/python benchmarks/reload_under_load.py $(ARGS)

docs: setup $(STAMPS)/test
	@$(BIN)/python tools/write_reference.py
	@$(BIN)/python -m pytest -q --no-header tests/test_exports.py tests/test_error_pages.py tests/test_documents.py
	@sh tools/build_site.sh $(BIN)

dist: setup $(STAMPS)/check
	@rm -rf dist build
	@$(QUIETLY) 'building the wheel and the source archive' 'See the output above.' $(BIN)/python -m build --no-isolation
	@$(BIN)/python tools/check_wheel.py dist

lock: $(STAMPS)/check
	@sh tools/lock_requirements.sh $(BIN)
	@echo 'locking package-lock.json'
	@rm -f package-lock.json && $(BIN)/python tools/run_node.py npm install --package-lock-only --silent

clean:
	@echo 'removing what was made'
	@rm -rf $(VENV) build dist site node_modules src/*.egg-info benchmarks/results benchmarks/build
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis src/sennit/live/static/vendor src/sennit/admin/static/vendor
	@find src tests examples tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	@for source in $(PYX); do rm -f "$${source%.*}".c "$${source%.*}".*.so; done

# ── what the targets above stand on; each stamp is touched when its step has succeeded ──────────────────────────────

# A virtual environment whose Python is gone (a system upgrade, a copied folder) is made anew.
ifneq ($(wildcard $(VENV)),)
ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
$(shell rm -rf $(VENV))
endif
endif

$(STAMPS)/venv:
	@python=$$(sh tools/choose_python.sh) && \
	$(QUIETLY) "making $(VENV) with $$python" 'See the output above.' "$$python" -m venv --clear $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/libraries: requirements/build.lock requirements/standard.lock $(STAMPS)/venv
	@$(QUIETLY) 'installing the libraries of requirements/standard.lock' '$(NETWORK)' \
	  $(LOCKED) -r requirements/build.lock -r requirements/standard.lock
	@touch $@

$(STAMPS)/package: pyproject.toml setup.py $(PYX) $(STAMPS)/libraries
	@$(QUIETLY) 'building and installing sennit itself' 'See the output above.' \
	  $(PIP) -v --no-build-isolation --no-deps --editable .
	@touch $@

$(STAMPS)/test: requirements/test.lock $(STAMPS)/libraries
	@$(QUIETLY) 'installing the test tools of requirements/test.lock' '$(NETWORK)' $(LOCKED) -r requirements/test.lock
	@touch $@

$(STAMPS)/check: requirements/check.lock $(STAMPS)/libraries
	@$(QUIETLY) 'installing the tools of requirements/check.lock' '$(NETWORK)' $(LOCKED) -r requirements/check.lock
	@touch $@

# npm from the machine, else the one that the Python package index carries.
$(STAMPS)/node: requirements/node.lock $(STAMPS)/venv
	@command -v npm >/dev/null || $(QUIETLY) 'npm is missing: installing Node from the Python package index' '$(NETWORK)' \
	  $(LOCKED) -r requirements/node.lock
	@touch $@

$(STAMPS)/npm: package.json package-lock.json $(STAMPS)/node
	@$(QUIETLY) 'fetching the libraries for the browser' 'Is the npm registry reachable? Try again; what was done is kept.' \
	  $(BIN)/python tools/run_node.py npm ci --ignore-scripts --omit=dev
	@rm -f $(STAMPS)/pyright && touch $@

$(STAMPS)/pyright: package.json package-lock.json $(STAMPS)/npm
	@$(QUIETLY) 'fetching pyright' 'Is the npm registry reachable? Try again; what was done is kept.' \
	  $(BIN)/python tools/run_node.py npm ci --ignore-scripts
	@touch $@

$(STAMPS)/browser: tools/place_browser_files.py tools/cut_css.py $(STYLED) $(STAMPS)/npm
	@$(BIN)/python tools/place_browser_files.py
	@touch $@
