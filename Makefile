# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PYTHON_RUN := $(BIN)/python

PORT ?= 5000
LATENCY_MS ?= 0
FAULT_RATE ?= 0
CALL_LOG ?=

# Nothing of the shell steers what runs here, and nothing is written outside of the checkout (pip's own cache apart).
$(foreach name,$(filter AWS_% ANSIBLE_% MOLECULE_% MOTO_% PYTHONPATH PYTHONHOME,$(.VARIABLES)),\
  $(eval unexport $(name)))
export PIP_CACHE_DIR := $(or $(PIP_CACHE_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pip)
export XDG_CACHE_HOME := $(CURDIR)/.cache
export ANSIBLE_HOME := $(CURDIR)/.ansible
export PATH := $(BIN):$(PATH)

.NOTPARALLEL:
.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two stamps in one environment, so that running needs no more than it uses.
$(VENV)/run.stamp: requirements.txt
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(VENV)
	$(PYTHON_RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(PYTHON_RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

.PHONY: venv
venv: $(VENV)/dev.stamp ## Set up .venv with everything that tests and tools need

.PHONY: demo
demo: $(VENV)/run.stamp ## Bring an emulated organization to the baseline, and let an alarm fire
	$(PYTHON_RUN) -m scripts.demo

.PHONY: emulator
emulator: $(VENV)/run.stamp ## Run the emulator in the foreground: PORT, LATENCY_MS, FAULT_RATE, CALL_LOG
	$(PYTHON_RUN) -m tests.emulator --port $(PORT) --latency-ms $(LATENCY_MS) --fault-rate $(FAULT_RATE) \
	    $(if $(CALL_LOG),--call-log $(CALL_LOG))

.PHONY: bench
bench: venv ## Measure how fast the baseline is
	$(PYTHON_RUN) -m tests.benchmarks

.PHONY: test
test: lint sanity molecule package pytest ## Everything that has to pass

.PHONY: lint
lint: venv ## Style, documentation, licences, changelog
	ruff check .
	ruff format --check .
	yamllint --strict .
	ansible-lint --strict
	git ls-files -z -- '*.sh' scripts/find-python .ci/run | xargs -0 shellcheck
	reuse lint --quiet
	antsibull-changelog lint
	@# antsibull-docs copies amazon.aws by what git knows of it, which below .venv would be nothing; it logs to HOME.
	GIT_CEILING_DIRECTORIES=$(CURDIR)/$(VENV) GIT_CONFIG_GLOBAL=$(HOME)/.gitconfig HOME=$(CURDIR)/$(VENV) \
	    antsibull-docs lint-collection-docs \
	    --plugin-docs --validate-collection-refs dependent --check-extra-docs-refs .

.PHONY: sanity
sanity: venv ## ansible-test's sanity tests
	scripts/ansible-test.sh sanity --local

.PHONY: molecule
molecule: venv ## The whole baseline by molecule: check, converge, idempotence, verify
	EMULATOR_PORT=$$(python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])') \
	    molecule test

.PHONY: package
package: venv ## Build the collection and use it as installed from Galaxy
	$(PYTHON_RUN) -m scripts.package

.PHONY: pytest
pytest: venv ## Unit and integration tests
	$(PYTHON_RUN) -m pytest -n 2 --dist worksteal --durations 25

.PHONY: clean
clean: ## Remove what the targets made
	rm -rf $(VENV) .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache dist reports
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
