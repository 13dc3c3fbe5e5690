# Every target is one script in scripts/ or bench/, which can be run by hand too.
.DEFAULT_GOAL := help
.PHONY: help run build test bench bench-peers bench-routing soak fuzz fmt lint clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## build and start with the demo company; installs what is missing first
	@scripts/run

build: ## build the web app and the server, target/release/perezvon
	@scripts/setup build
	@scripts/build

test: ## every test: Rust, web units, type checks, end to end
	@scripts/test

bench: ## measure this server, print the table
	@scripts/setup bench
	@bench/run

bench-peers: ## the same work on Asterisk beside us
	@scripts/setup bench
	@bench/run --peers

bench-routing: ## speed of routing on one core, beside a search through everything
	@scripts/setup build
	@bench/routing

soak: ## 1,000 simulated companies with faults, every invariant after every event
	@scripts/setup build
	@cargo run --release -p sim -- soak --seeds 1000

fuzz: ## feed the fuzz targets for a minute each; needs a nightly compiler and cargo-fuzz
	@scripts/fuzz

fmt: ## format all sources
	@scripts/fmt

lint: ## formatting, clippy, web type checks
	@scripts/setup lint
	@scripts/lint

clean: ## remove what was built; keeps data/ and downloaded packages
	@scripts/clean
