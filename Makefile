# What people do with this repository. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

MAHILA := target/release/mahila
# A small machine builds at its own pace: `make JOBS=1 build`.
JOBS ?=
CARGO_JOBS := $(if $(JOBS),-j $(JOBS),)

.PHONY: help
help: ## List what can be done
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Running it

.PHONY: up down status logs clean
up: deps build ## Start everything on this machine with invented data, show how to call it, leave it running
	@$(MAHILA) up $(ARGS)

down: ## Stop it; the data stays
	@$(call if-built,down)

status: ## Say what runs and how it is
	@$(call if-built,status)

logs: ## Show what it says, and go on showing
	@$(call if-built,logs --follow)

clean: ## Stop it and remove its data
	@$(call if-built,clean)

# These need no build: where nothing was built, nothing runs.
define if-built
if [ -x $(MAHILA) ]; then $(MAHILA) $(1) $(ARGS); else echo "nothing was built here yet: make up"; fi
endef

## Building it

.PHONY: deps build
deps: ## Install what is missing: PostgreSQL (as root on Debian and Ubuntu; otherwise says what to install)
	@command -v cargo > /dev/null || { echo "Rust is missing; to mend it: see https://rustup.rs"; exit 1; }
	@if ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || [ -x "$${PG_BIN:-}/initdb" ] || command -v initdb > /dev/null \
	    || [ -x "$$(pg_config --bindir 2> /dev/null)/initdb" ]; then \
	  : ; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "installing PostgreSQL"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; \
	else \
	  echo "PostgreSQL is missing; to mend it:"; \
	  echo "  Debian, Ubuntu: sudo apt-get install postgresql"; \
	  echo "  Fedora:         sudo dnf install postgresql-server"; \
	  echo "  macOS:          brew install postgresql"; \
	  echo "or set PG_BIN to the folder that holds initdb and postgres"; \
	  exit 1; \
	fi
	@# For the example clients alone: where they cannot be had, their tests say so, and the rest runs.
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  missing=""; \
	  python3 -c 'import venv, ensurepip' 2> /dev/null || missing="python3-venv"; \
	  command -v npm > /dev/null || missing="$$missing nodejs npm"; \
	  if [ -n "$$missing" ]; then \
	    echo "installing $$missing"; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } \
	      || echo "$$missing could not be installed: the example clients will not run"; \
	  fi; \
	fi

build: ## Build the binary, target/release/mahila
	@cargo build --release --locked $(CARGO_JOBS) -p mahila

IMAGE ?= localhost/mahila:$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
EPOCH = $(shell git log -1 --format=%ct)
IMAGE_ARGS = --tag $(IMAGE) --file Containerfile --build-arg SOURCE_DATE_EPOCH=$(EPOCH) --build-arg REVISION=$(shell git rev-parse HEAD) \
  --build-arg VERSION=$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)

.PHONY: image
image: ## Build the image, localhost/mahila:VERSION, by docker, podman or buildah (IMAGE=name, BUILDER=image with Rust)
	@if docker buildx version > /dev/null 2>&1 && docker version > /dev/null 2>&1; then \
	  docker build $(IMAGE_ARGS) $(if $(BUILDER),--build-arg BUILDER=$(BUILDER)) .; \
	elif command -v podman > /dev/null; then \
	  podman build --timestamp $(EPOCH) $(IMAGE_ARGS) $(if $(BUILDER),--build-arg BUILDER=$(BUILDER)) .; \
	elif command -v buildah > /dev/null; then \
	  buildah build --timestamp $(EPOCH) $(IMAGE_ARGS) $(if $(BUILDER),--build-arg BUILDER=$(BUILDER)) .; \
	else \
	  echo "nothing here builds images; to mend it:"; \
	  echo "  Debian, Ubuntu: sudo apt-get install buildah"; \
	  echo "  Fedora:         sudo dnf install buildah"; \
	  echo "  macOS:          brew install podman && podman machine init && podman machine start"; \
	  exit 1; \
	fi

## Calling it

# What follows has to be made by the binary of the same build: `make examples-with MAHILA=target/debug/mahila`.
.PHONY: contract contract-with examples examples-with
contract: build ## Write target/contract: descriptor set and retry table, for clients in any language
	@$(MAKE) --no-print-directory contract-with

contract-with:
	@mkdir -p target/contract
	@$(MAHILA) contract descriptors > target/contract/mahila.binpb
	@$(MAHILA) contract reasons --output json > target/contract/retry-table.json
	@cp proto/README.md target/contract/README.md

examples: build ## Install the clients of examples/ below target/examples, and check their types
	@$(MAKE) --no-print-directory examples-with

PYTHON := target/examples/python
TYPESCRIPT := target/examples/typescript
examples-with: contract-with
	@if python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
	  [ -x $(PYTHON)/venv/bin/pip ] || python3 -m venv $(PYTHON)/venv; \
	  cmp -s examples/python/requirements.txt $(PYTHON)/installed.txt || { \
	    $(PYTHON)/venv/bin/pip install --quiet --disable-pip-version-check -r examples/python/requirements.txt \
	    && cp examples/python/requirements.txt $(PYTHON)/installed.txt; }; \
	  rm -rf $(PYTHON)/stubs; PATH="$$PWD/$(PYTHON)/venv/bin:$$PATH" python examples/python/generate.py target/contract/mahila.binpb $(PYTHON)/stubs; \
	  cd examples/python && MYPYPATH=../../$(PYTHON)/stubs ../../$(PYTHON)/venv/bin/mypy --no-error-summary --cache-dir ../../$(PYTHON)/mypy -p help_desk; \
	else echo "NOT RUN: examples/python needs Python 3.11 with venv; to mend it: apt-get install python3-venv"; fi
	@if command -v npm > /dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then \
	  mkdir -p $(TYPESCRIPT); rm -rf $(TYPESCRIPT)/src $(TYPESCRIPT)/dist; cp -R examples/typescript/. $(TYPESCRIPT)/; cd $(TYPESCRIPT); \
	  cmp -s package-lock.json installed.json || { \
	    npm ci --silent --ignore-scripts --no-audit --no-fund && cp package-lock.json installed.json; }; \
	  npm run --silent generate -- ../../contract/mahila.binpb; npm run --silent build; \
	else echo "NOT RUN: examples/typescript needs Node 18 or later with npm; to mend it: apt-get install nodejs npm"; fi

## Checking it

.PHONY: test test-rust charts charts-docs charts-build alerts containers lint proto-lint sqlx bench bounds
test: deps lint test-rust charts alerts containers ## Run every test; those in containers as root on Linux
# The image of `make test` is optimised less, and built sooner.
test: PROFILE = quick
# A clean checkout is to be tested within 50 minutes. The containers come last and take a third of that: on a machine so slow
# that more than this many minutes have passed, they are not run, and that is said.
test: BUDGET = 31
BEGAN := $(shell date +%s)

test-rust:
	@# The story, the examples and the command line's tests run the real binary: built first, with the features of the tests.
	cargo build --workspace --bins --tests --locked $(CARGO_JOBS)
	@$(MAKE) --no-print-directory examples-with MAHILA=target/debug/mahila
	cargo test --workspace --locked $(CARGO_JOBS)

charts: ## Check the Helm charts: lint, units, schemas, every rendering by Kubernetes' own schemas, settings by the binary
	bash tests/charts/tools.sh $(TOOLS)
	cargo build --workspace --bins --tests --locked $(CARGO_JOBS)
	$(TOOLS)/venv/bin/python -m pytest --quiet -p no:cacheprovider tests/charts

charts-docs: ## Write the charts' shared values, README.md and values.schema.json from the comments in charts/mahila-lib/values
	bash tests/charts/tools.sh $(TOOLS)
	$(TOOLS)/venv/bin/python tests/charts/document.py

charts-build: ## Pack the library into the charts of the services, and these into the suite
	@helm=$$(command -v helm || echo $(TOOLS)/bin/helm); \
	[ -x "$$helm" ] || { echo "helm is missing; to mend it: see https://helm.sh, or run make charts, which builds it"; exit 1; }; \
	for chart in station-registry complaint-intake review-scheduling awareness-campaigns oversight mahila; do \
	  "$$helm" dependency update charts/$$chart > /dev/null; \
	done

alerts: deps ## Check alert rules, boards and RUNBOOKS.md by Prometheus, psql and the binary
	bash tests/charts/tools.sh $(TOOLS)
	bash tests/alerts/prometheus.sh $(TOOLS)
	cargo build --workspace --bins --tests --locked $(CARGO_JOBS)
	$(TOOLS)/venv/bin/python -m pytest --quiet -p no:cacheprovider tests/alerts

# What the tests in containers take beside PostgreSQL.
CONTAINER_TOOLS := buildah runc ip nsenter setpriv unshare
TARGET := $(or $(CARGO_TARGET_DIR),target)
PROFILE = release
ENGINE = buildah

containers: deps ## Build the image and run the suite in containers, as root on Linux (PROFILE=quick, ENGINE=buildkit)
	@missing() { for tool in $(CONTAINER_TOOLS); do command -v $$tool > /dev/null || return 0; done; return 1; }; \
	if [ "$$(uname -s)" != Linux ] || [ "$$(id -u)" != 0 ]; then \
	  echo "the suite in containers was NOT RUN: it takes root on Linux"; exit 0; \
	fi; \
	passed=$$((($$(date +%s) - $(BEGAN)) / 60)); \
	if [ -n "$(BUDGET)" ] && [ "$$passed" -gt "$(BUDGET)" ]; then \
	  echo "the suite in containers was NOT RUN: $$passed minutes have passed; to run it: make containers"; exit 0; \
	fi; \
	if missing && command -v apt-get > /dev/null; then \
	  echo "installing buildah and runc"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah runc iproute2 util-linux; } \
	    || echo "they could not be installed"; \
	fi; \
	if missing; then \
	  echo "the suite in containers was NOT RUN; to run it install: $(CONTAINER_TOOLS)"; exit 0; \
	fi; \
	if ! unshare --mount --net --ipc --pid --fork true 2> /dev/null; then \
	  echo "the suite in containers was NOT RUN: it takes namespaces of its own, which are not allowed here"; exit 0; \
	fi; \
	PROFILE=$(PROFILE) ENGINE=$(ENGINE) bash tests/containers/image.sh; \
	MAHILA_CONTAINERS=$(abspath $(TARGET))/containers cargo test --workspace --locked $(CARGO_JOBS) --test containers

lint: proto-lint deny ## Check format, lints, dependencies and the contract
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked $(CARGO_JOBS) -- -D warnings

# Tools of the checks alone, kept out of the way of everybody's own.
TOOLS := target/tools
DENY := $(TOOLS)/bin/cargo-deny
$(DENY):
	cargo install cargo-deny --version 0.20.2 --locked --quiet --debug $(CARGO_JOBS) --root $(TOOLS)

.PHONY: deny
deny: $(DENY) ## Check licences, sources and bans of all dependencies
	@$(DENY) check bans licenses sources

BUF := $(TOOLS)/node_modules/.bin/buf
BEFORE := $(shell grep -v '^\#' tests/upgrade/BEFORE)
proto-lint: ## Check the contract with buf (brought by npm, where there is one)
	@if [ ! -x $(BUF) ] && command -v npm > /dev/null; then npm install --silent --no-audit --no-fund --prefix $(TOOLS) @bufbuild/buf@1.75.0; fi
	@# Beside the release before (tests/upgrade) no field changes its number, name or type.
	@if [ -x $(BUF) ]; then cd proto && ../$(BUF) lint && ../$(BUF) format --diff --exit-code --path mahila \
	  && if git cat-file -e "$(BEFORE)^{commit}" 2> /dev/null; then ../$(BUF) breaking --against "../.git#ref=$(BEFORE),subdir=proto"; \
	  else echo "the history here lacks $(BEFORE): the contract was not held against the release before"; fi; \
	else echo "npm is not installed: the contract was not linted"; fi

sqlx: ## Check all SQL against a fresh database and write the .sqlx folders
	bash tests/sql/prepare.sh

bench: deps build ## Measure what a complaint costs against the same rows by pgbench
	cargo bench --locked $(CARGO_JOBS) -p mahila-tests --bench bounds -- register

bounds: deps build ## Print every bound of the issues as measured here
	cargo bench --locked $(CARGO_JOBS) -p mahila-tests --bench bounds
	@# 1,535 dockets out of 100,000 open complaints: <= 2 s.
	cargo run --release --locked $(CARGO_JOBS) -p review-scheduling --example open_state
