# Gyre: what one types. Each line is short; the work is done by cargo, npm and the scripts in .ci/.
SHELL := /bin/bash
.DEFAULT_GOAL := help

CONSOLE_SOURCES := $(shell find console/src console/public console/tools/fonts -type f 2>/dev/null) $(wildcard console/*.html console/*.json console/*.ts)

.PHONY: help demo build test lint bench clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: build ## build and start a shop with real data, ready to click
	target/release/gyre demo $(ARGS)

build: console/dist/index.html ## build the one binary: target/release/gyre
	@.ci/need cargo
	cargo build --release --locked -p gyre

test: ## everything that is tested: Rust, console, browser, SDKs
	.ci/test

lint: console/node_modules/.package-lock.json ## clippy and biome, no warnings allowed
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
	npm --prefix console run lint

bench: build ## compare with ClickHouse and DuckDB on this machine
	bench/run $(ARGS)

clean: ## remove everything that was built
	rm -rf target .cache console/dist console/node_modules console/test-results console/playwright-report tests/sdk/node_modules bench/data

console/node_modules/.package-lock.json: console/package.json console/package-lock.json
	@.ci/need node
	npm --prefix console ci --no-audit --no-fund --loglevel=error
	@touch $@

console/dist/index.html: console/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	npm --prefix console run build
	@touch $@
