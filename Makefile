# Every command a person or CI needs; `make` alone lists them.
SHELL := /bin/sh
UV_VERSION := 0.13.9
# Each candidate is run, not only found: version-manager shims lie.
PY ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
BIN := $(CURDIR)/.venv/bin
WEB := services/web
# Whom ours is measured beside, in an environment of their own.
PEERS := tests/bench/peers/requirements
# Node and npm come from PyPI, too; a system's own are not looked for.
NPM := cd $(WEB) && export PATH="$(BIN):$$PATH" && npm
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/scripts -type f ! -name schema.d.ts) \
	$(WEB)/index.html $(WEB)/vite.config.ts services/api/openapi.json
# A lock must not learn a mirror's address from the environment of whoever makes it.
CLEAN_ENV := env -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_FIND_LINKS
COMPILE := $(CLEAN_ENV) $(BIN)/uv pip compile -q --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --extra local --group build --group web

# What the container image holds: no embedded servers, and what builds it.
COMPILE_ONLY := $(CLEAN_ENV) $(BIN)/uv pip compile -q --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate -c requirements.lock

# A test run starts hundreds of processes: each would compile anew whatever it imports.
unexport PYTHONDONTWRITEBYTECODE

# Tests with a target of their own.
APART := tests/cli tests/deploy tests/compose tests/bench tests/faults tests/web
# In the order of the folders: what is long comes first, small files of unit tests even out the end.
# (Left alone, xdist takes files of one test last, and those are the longest.)
BY_FILE := -n 3 --dist loadfile --no-loadscope-reorder
# What is left to test-all, which also tries properties with more examples.
SHORT := and not long
test-all: SHORT :=
test-all: export AUTOMATION_TEST_BUDGET := all

.DEFAULT_GOAL := help
.PHONY: help run web setup fmt lint test test-cli web-check test-web screenshots test-all stress stress-short bench bench-peers bench-sync ci docs lock check-locks clean \
	image compose-test deploy-check audit audit-offline sbom licences release

help: ## show the targets
	@awk -F':.*## ' '/^##@/{printf "\n%s\n",substr($$0,5)} /^[a-z-]+:.*## /{printf "  %-12s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

##@ Use
run: .venv/.run $(WEB)/dist/index.html ## install what is missing, then start everything (Ctrl-C stops it)
	@exec $(BIN)/automation up

web: $(WEB)/dist/index.html ## build the page

##@ Develop
setup: .venv/.dev ## install everything for development into .venv

fmt: .venv/.dev ## format and repair what can be repaired
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

lint: .venv/.dev ## style, types, import walls, lock files
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) -s check-locks

test: .venv/.dev ## the services, on real servers, about five minutes on two cores
	@$(BIN)/python -m pytest -q $(BY_FILE) -m "not fault and not browser $(SHORT)" $(APART:%=--ignore=%)

test-cli: .venv/.dev ## the command line and the examples, as processes, on a real system
	@$(BIN)/python -m pytest -q -m "not fault $(SHORT)" tests/cli

web-check: $(WEB)/node_modules/.installed ## types, style and logic of the page
	@$(NPM) run -s check && npm run -s test -- --reporter=dot

test-web: .venv/.dev $(WEB)/dist/index.html ## the page in Chromium, in both languages, on a real system
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "browser $(SHORT)" tests/web

screenshots: .venv/.dev $(WEB)/dist/index.html ## the pictures of the README
	@$(BIN)/python -m tests.web.screenshots

stress: .venv/.dev ## kill every process under load, and print what that did
	@$(BIN)/python -m pytest -q -m fault tests

stress-short: .venv/.dev ## the faults that a gate has time for
	@$(BIN)/python -m pytest -q -m "fault and not long" tests

test-all: test test-cli deploy-check web-check test-web stress compose-test ## every test, also those that the gate has no time for

bench: .venv/.dev ## measure: throughput, herd, punctuality, latency, many tasks, events, limits (ARGS="W1 --quick")
	@$(BIN)/python -m tests.bench $(ARGS)

bench-peers: .venv/.dev .venv/.peers ## ours beside PgQueuer and taskiq, by turns on this machine (ARGS="--repeat 3 --only pgqueuer")
	@$(BIN)/python -m tests.bench.peers $(ARGS)

bench-sync: .venv/.dev ## compare JetStream's sync_interval: always and 1s
	@$(BIN)/python -m tests.bench.sync

docs: .venv/.dev ## write the AsyncAPI document of the bus to asyncapi.json
	@$(BIN)/automation bus docs asyncapi.json

##@ Deploy
image: ## build the container image
	@docker build -t automation-tasks:$$($(BIN)/automation version) .

deploy-check: .venv/.dev ## Dockerfile, compose files and Kubernetes manifests, without an engine
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/deploy tests/compose

audit: .venv/.dev ## known vulnerabilities of everything that is locked; exit code 3: nobody could be asked
	@$(BIN)/python -m deploy.release.audit

sbom: .venv/.dev ## bills of materials (CycloneDX) into dist/sbom
	@$(BIN)/python -m deploy.release.sbom dist/sbom

licences: .venv/.dev ## under which licence everything is; fails on one that is not allowed
	@$(BIN)/python -m deploy.release.licences

release: .venv/.dev ## build a release into dist/release (ARGS="--image", ARGS="--without-audit 'reason'")
	@$(BIN)/python -m deploy.release.build dist/release $(ARGS)

compose-test: .venv/.dev ## the whole system in containers, on an engine of its own: kills, a partition, an upgrade
	@$(BIN)/python -m tests.compose

##@ Gate
# Its stages run beside each other, so what they share is made first.
ci: .venv/.dev $(WEB)/dist/index.html ## everything that .ci/run runs; prints each stage's minutes (ARGS=--record)
	@$(BIN)/python -m tests.gate $(ARGS)

audit-offline: .venv/.dev
	@$(BIN)/python -m deploy.release.audit --offline-ok

##@ Dependencies
lock: | $(BIN)/uv ## re-lock; the files name no host
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) --group dev pyproject.toml -o requirements-dev.lock
	@$(COMPILE_ONLY) pyproject.toml -o requirements-image.lock
	@$(COMPILE_ONLY) --group pyproject.toml:build --group pyproject.toml:web -o requirements-image-build.lock
	@$(COMPILE_ONLY) $(PEERS).in -o $(PEERS).lock
	@$(MAKE) -s .venv/.run
	@$(NPM) install --package-lock-only --no-audit --no-fund --loglevel=error && node scripts/nameless-lock.ts
	@$(MAKE) -s check-locks

check-locks: ## fail if a lock file names a host
	@! grep -nE 'https?://' requirements*.lock $(PEERS).lock $(WEB)/package-lock.json tests/support/oidc/package-lock.json

clean: ## remove what was installed and made here, the local system's data too
	@rm -rf .venv .local $(WEB)/node_modules $(WEB)/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/uv:
	@test -n "$(PY)" || { echo 'Python 3.11 or newer with venv is needed (Debian, Ubuntu: apt install python3-venv)' >&2; exit 1; }
	@$(PY) -m venv .venv && $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

.venv/.run: requirements.lock pyproject.toml | $(BIN)/uv
	@$(BIN)/uv pip install -q --require-hashes -r requirements.lock && $(BIN)/uv pip install -q --no-deps --no-build-isolation -e . && touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@$(BIN)/uv pip install -q --require-hashes --compile-bytecode -r requirements-dev.lock && touch $@

.venv/.peers: $(PEERS).lock | .venv/.dev
	@$(BIN)/uv venv -q --clear --python $(BIN)/python .venv/peers
	@$(BIN)/uv pip install -q --require-hashes --python .venv/peers/bin/python -r $(PEERS).lock && touch $@

$(WEB)/node_modules/.installed: $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc | .venv/.run
	@$(NPM) ci --no-progress --loglevel=error && touch node_modules/.installed

$(WEB)/dist/index.html: $(WEB_SOURCES) $(WEB)/node_modules/.installed
	@echo 'Building the page ...' >&2
	@$(NPM) run -s build && touch dist/index.html
