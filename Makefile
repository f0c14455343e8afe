# Sallyport: what a developer runs. `make help` lists it.
SHELL := /bin/bash
BIN := node_modules/.bin
NODE := $(BIN)/node
RUN := $(NODE) --disable-warning=ExperimentalWarning

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-operator bench-start e2e images cluster cluster-down format generate

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { split($$1, t, " "); printf "  make %-12s %s\n", t[1], $$2 }' $(MAKEFILE_LIST)

node_modules/.ready: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

setup: node_modules/.ready ## install what the other targets need

demo: setup ## watch an agent's session being allowed, masked, blocked, limited and recorded (ONCE=1: end by itself)
	@$(RUN) cli/main.ts demo $(if $(ONCE),--once)

test: setup ## all tests, end-to-end ones included
	@scripts/test

check: setup ## formatting, lint, types, generated files
	$(BIN)/biome ci .
	$(BIN)/tsc -p .
	@scripts/generated --check

format: setup ## put the sources into shape
	$(BIN)/biome check --write .

generate: setup ## make the generated files anew
	@scripts/generated

bench: setup ## speed against direct, HAProxy and PgBouncer; writes bench/results/postgres.json
	@$(RUN) bench/postgres.ts $(BENCH)

bench-operator: setup ## one operator with up to 1,000 simulated gateways and 500 policies on a real API server; writes bench/results/operator.json
	@$(RUN) bench/operator.ts $(BENCH)

bench-start: setup ## how much later agents start because of the gateway, on a real cluster; writes bench/results/pod-start.json
	@$(RUN) bench/pod-start.ts $(BENCH)

e2e: setup ## the end-to-end tests only
	@scripts/test e2e

images: setup ## container images, without a container runtime; into .cache/images
	@$(RUN) images/main.ts $(IMAGES)

cluster: setup ## a Kubernetes of one node on this machine, with our images; until cluster-down (Linux, root)
	@$(RUN) e2e/cluster/main.ts up

cluster-down: setup ## end it, and leave nothing
	@$(RUN) e2e/cluster/main.ts down
