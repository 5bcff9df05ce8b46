# Everything from a fresh clone: Python 3.11 to 3.13, make and git are all that is needed.
PYTHON ?= python3
HOME_DIR ?= $(or $(BONDED_HOME),$(CURDIR)/data/sample)
BIN := .venv/bin
INSTALLED := .venv/.installed
MANIFEST := dbt_project/target/manifest.json
DBT_FILES := $(shell find dbt_project/models dbt_project/macros dbt_project/seeds dbt_project/tests -type f 2>/dev/null) \
	dbt_project/dbt_project.yml dbt_project/profiles.yml
# One model unites all sources: whoever calls dbt tells it which there are.
SOURCES := orchestration/sources/catalogue.py
TRADE_SOURCES = $$($(BIN)/python -c 'from orchestration.sources.catalogue import TRADE; print(*TRADE, sep=",")')
DBT = BONDED_HOME="$(CURDIR)/data/main" BONDED_TRADE_SOURCES="$(TRADE_SOURCES)" $(BIN)/dbt
DBT_SQL := $(filter %.sql,$(DBT_FILES))
SQL_STYLED := .venv/.sqlfluff

# Each test that starts a process of its own would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run story ui docs check test test-long lint style types clean

help: ## say what there is
	@echo "Bonded: a data warehouse for customs trade statistics. Type make and one of:"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 12

install: $(INSTALLED) $(MANIFEST) ## make .venv with every dependency pinned, and parse the dbt project

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing into .venv (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(MANIFEST): $(INSTALLED) $(DBT_FILES) $(SOURCES)
	@$(DBT) --quiet --no-partial-parse parse --project-dir dbt_project --profiles-dir dbt_project
	@touch $@

run: install ## build the synthetic sample from its files to an audited release
	@$(BIN)/bonded sample --home "$(CURDIR)/data/sample"
	@$(BIN)/bonded run --home "$(CURDIR)/data/sample"

STORY ?= chips
story: install ## tell a story from real figures (STORY=chips, magnets, soybeans): fetch, build, audit, publish
	@$(BIN)/bonded story $(STORY)

ui: install ## open the Dagster UI and the releases of the sample (BONDED_HOME=… for another home); stop with Ctrl-C
	@$(BIN)/python -m orchestration.automation.ui "$(HOME_DIR)"

docs: install ## write docs/marts.md, and dbt's pages of all models into one file, offline
	@$(BIN)/python -m orchestration.warehouse.marts_doc
	@$(DBT) --quiet docs generate --static --no-compile --empty-catalog \
		--project-dir dbt_project --profiles-dir dbt_project
	@echo "open dbt_project/target/static_index.html"

check: lint ## format, lint, types, and the tests that need no built home: for the inner loop
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q -m "not home"

# A third worker would cost its imports again, and gain what two of them wait for a daemon or a browser.
test: lint ## format, lint, types, then all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-long: install ## many more examples of what the tests try a few times
	@BONDED_LONG=1 $(BIN)/python -m pytest -n 2 --dist load -m series

lint: ## ruff, sqlfluff, mypy
	@$(MAKE) --no-print-directory --jobs 2 style types

style: install
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(MAKE) -s $(SQL_STYLED)

# Models are read by sqlfluff when they have changed; all of them after a change of a macro or of the rules.
$(SQL_STYLED): .sqlfluff .sqlfluffignore $(DBT_SQL)
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar \
		$(if $(filter-out dbt_project/models/% dbt_project/tests/%,$?),dbt_project,$?)
	@touch $@

types: install
	@$(BIN)/mypy

clean: ## remove what can be built again; landing and releases stay
	@rm -rf data/*/raw data/*/warehouse data/*/candidates dbt_project/target dbt_project/logs logs
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find orchestration tests -name __pycache__ -prune -exec rm -rf {} +
