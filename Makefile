# Tideline: everything a person or a script does with this repository. `make` alone lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help setup setup-test venv build release run test tools-test bench soak mutants features screenshots format lint clean

SOURCES := Sources Tests Package.swift
RELEASE := .build/release
ROUNDS ?= 20
ARGS ?=
BENCH_JSON ?= .build/bench
# Integration tests at a time. Each has servers of its own; all 450 at once would measure the machine.
WIDTH := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing to build and run
	@Config/setup.sh run

setup-test: ## install what is missing to test as well
	@Config/setup.sh run test
	@$(MAKE) --no-print-directory venv

venv: .build/venv/installed ## the tests' own Python environment, from Tests/Tools/requirements.txt

.build/venv/installed: Tests/Tools/requirements.txt
	python3 -m venv .build/venv
	.build/venv/bin/pip install --quiet --disable-pip-version-check -r Tests/Tools/requirements.txt
	touch $@

build: setup ## debug build of everything, tests included
	swift build --build-tests

release: setup ## release build of the server and the benchmark program
	swift build -c release --product tideline
	swift build -c release --product tideline-bench

run: setup ## the demo on 127.0.0.1:8080 (or the next free port); ARGS="--listen …" for more
	swift build -c release --product tideline
	$(RELEASE)/tideline serve --demo $(ARGS)

test: setup-test ## everything that must pass; integration tests use the debug server
	swift build --build-tests
	python3 Tests/Tools/powerloss/test_powerloss.py
	@# Apart: unit tests block threads that the integration tests' clients need, and the browser's want the machine.
	swift test --skip IntegrationTests $(ARGS)
	$(WIDTH) swift test --filter '^IntegrationTests\.' --skip BrowserTests $(ARGS)
	$(WIDTH) swift test --filter '^IntegrationTests\.BrowserTests' $(ARGS)

tools-test: ## the tests of the test tools alone
	python3 Tests/Tools/powerloss/test_powerloss.py
	python3 Tests/Tools/test_tools.py

bench: release ## ratios against the floor, under 8 minutes; JSON in .build/bench
	mkdir -p $(BENCH_JSON)
	$(RELEASE)/tideline-bench fanout --streams 100,1000,10000 --seconds 3 --json $(BENCH_JSON)/fanout.json
	$(RELEASE)/tideline-bench fanout --streams 1000 --mode rate=20 --seconds 5 --json $(BENCH_JSON)/rate.json
	$(RELEASE)/tideline-bench workspaces --seconds 3 --json $(BENCH_JSON)/workspaces.json
	$(RELEASE)/tideline-bench connect --json $(BENCH_JSON)/connect.json
	$(RELEASE)/tideline-bench ingest --seconds 3 --json $(BENCH_JSON)/ingest.json
	$(RELEASE)/tideline-bench idle --window 20 --json $(BENCH_JSON)/idle.json

soak: setup-test ## kill -9 and power loss under load: make soak ROUNDS=200
	swift build -c release --product tideline
	python3 Tests/Tools/soak.py --server-binary $(RELEASE)/tideline --rounds $(ROUNDS) $(ARGS)

mutants: setup-test ## plant each bug of Tests/Tools/mutants; every one must turn a test red
	python3 Tests/Tools/mutants.py $(ARGS)

features: ## the feature table of the README, from the names of the tests; ARGS="--check README.md" compares
	@python3 Tests/Tools/features.py $(ARGS)

screenshots: release ## the dashboard in all sizes, to be looked at; ARGS=--readme also writes the README's picture
	python3 Tests/Tools/screenshots.py --server-binary $(RELEASE)/tideline $(ARGS)

format: ## format the sources
	swift format -i -r $(SOURCES)

lint: ## complain about what format would change
	swift format lint --strict -r $(SOURCES)

clean: ## remove what was built
	swift package clean
