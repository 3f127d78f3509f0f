# Two commands do all set-up: `make serve` runs the service with demo data, `make test` passes the tests.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP     = $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --no-input

HOST     ?= 127.0.0.1
PORT     ?= 8081
DATABASE ?= sqlite:///var/lineal.db

# Where Python may not keep what it has compiled, every server and command that is started compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup serve test lint types contracts unit browser spark stock-js java-avro json-judges protobuf-judges java-judges javascript-judges docs prove protocol kills mutation histories soak bench lock clean

help: ## Show what can be done here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/server.stamp: requirements/server.txt pyproject.toml upcasters/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "lineal needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "== [1/3] making $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@echo "== [2/3] installing the pinned requirements of the service"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/server.txt
	@echo "== [3/3] installing lineal itself, editable"
	@$(PIP) install --no-deps --no-build-isolation -e upcasters -e .
	@touch $@

$(VENV)/development.stamp: requirements/development.txt $(VENV)/server.stamp
	@echo "== installing the pinned requirements of the tests"
	@$(PIP) install --no-compile --require-hashes -r requirements/development.txt
	@touch $@

setup: $(VENV)/server.stamp ## Build .venv from the pinned requirements

serve: setup ## Serve http://127.0.0.1:8081 with demo data on SQLite
	@$(BIN)/lineal serve --host $(HOST) --port $(PORT) --database $(DATABASE) --demo

test: $(VENV)/development.stamp ## Pass all checks and tests
	@$(MAKE) --no-print-directory --jobs 2 lint types contracts browser
	@$(MAKE) --no-print-directory unit

lint: $(VENV)/development.stamp
	@echo "== [1/4] ruff: style and mistakes"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: $(VENV)/development.stamp
	@echo "== [2/4] mypy: strict types"
	@$(BIN)/mypy

contracts: $(VENV)/development.stamp
	@echo "== [3/4] import contracts"
	@$(BIN)/lint-imports

unit: $(VENV)/development.stamp browser # in one process more than there are cores: many tests wait for servers
	@echo "== [4/4] pytest"
	@$(BIN)/pytest --numprocesses $$($(BIN)/python -c 'import os; print(min(4, os.cpu_count() + 1))') --dist loadfile --no-loadscope-reorder

browser: # Chromium for the browser tests, where it can be had; they are skipped visibly where it cannot
	@command -v chromium-headless-shell chromium google-chrome >/dev/null 2>&1 || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 && echo "== installing Chromium for the browser tests" \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null; } || \
	  echo "   no Chromium here: the browser tests will be skipped (Debian: apt-get install chromium-headless-shell)"

spark: $(VENV)/development.stamp ## Run the Spark target in local mode (400 MB of PySpark; Java from JAVA_HOME or the PATH)
	@$(PIP) install --require-hashes -r requirements/spark.txt
	@$(BIN)/pytest tests/spark -q

stock-js: $(VENV)/development.stamp ## Run Confluent's own JavaScript client against a server (needs npm)
	@cd tests/stock_js && npm ci --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/pytest tests/stock_js -q

java-avro: $(VENV)/development.stamp java-judges ## Judge the Avro engine by Apache Avro for Java (PAIRS=100000 for a long run)
	@$(BIN)/python -m tests.judges.avro --pairs $(or $(PAIRS),2000)

json-judges: $(VENV)/development.stamp java-judges javascript-judges ## Judge the JSON Schema engine by Ajv, networknt and Everit
	@$(BIN)/python -m tests.judges.json_schema --pairs $(or $(PAIRS),1000)

protobuf-judges: $(VENV)/development.stamp java-judges javascript-judges ## Judge the Protobuf engine by protobuf-java and protobuf-es
	@$(BIN)/python -m tests.judges.protobuf --pairs $(or $(PAIRS),500)

java-judges: # Java 17 and Maven, where they can be had; what needs them is skipped visibly where they cannot
	@if command -v mvn >/dev/null 2>&1; then mvn -q -B -f tests/judges/java dependency:copy-dependencies -DoutputDirectory=target/lib; \
	else echo "== no Maven here: the judges in Java will be skipped"; fi

javascript-judges: # Node.js and npm, likewise
	@if command -v npm >/dev/null 2>&1; then cd tests/judges/javascript && npm ci --ignore-scripts --no-audit --no-fund --silent; \
	else echo "== no npm here: the judges in JavaScript will be skipped"; fi

docs: $(VENV)/development.stamp ## Build the documentation into site/
	@$(BIN)/python docs/generate.py
	@$(BIN)/mkdocs build --strict

prove: $(VENV)/development.stamp ## The long proof: many generated schema pairs per format, and upcasters (hours; PAIRS=1000 for a short one)
	@for format in avro json_schema protobuf upcasters; do \
	  echo "== $$format"; $(BIN)/python -m tests.prove.$$format --pairs $(or $(PAIRS),100000) || exit 1; done

protocol: $(VENV)/development.stamp ## Ask both interfaces whatever they describe, on both databases, and compare the answers (PAIRS=200 for a short one)
	@$(BIN)/python -m tests.prove.protocol --pairs $(or $(PAIRS),3000)

kills: $(VENV)/development.stamp ## Kill nodes and PostgreSQL under load, and check everything that clients were told (half a minute a round; ROUNDS=5)
	@$(BIN)/python -m tests.prove.kills --rounds $(or $(ROUNDS),20)

mutation: $(VENV)/development.stamp ## Make small faults in the engines and see which no test notices (half an hour each; SAMPLE=50 for a short one)
	@$(BIN)/python -m tests.prove.mutation --sample $(or $(SAMPLE),200) --minutes $(or $(MINUTES),30)

histories: $(VENV)/development.stamp ## Register the real schema histories of ../shared/corpora and print every verdict
	@$(BIN)/python tests/histories/run.py

soak: $(VENV)/development.stamp ## Half an hour of mixed load: does memory, descriptors or latency grow? (SECONDS=60 for less)
	@$(BIN)/python -m tests.benchmarks.soak --seconds $(or $(SECONDS),1800)

bench: $(VENV)/development.stamp ## Print the ratios of docs/explanation/performance.md
	@for script in $(filter-out %/soak.py %/databases.py,$(wildcard tests/benchmarks/[a-z]*.py)); do name=$$(basename $$script .py); \
	  echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

lock: ## Resolve the pinned requirements anew
	@uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --no-emit-package lineal --no-emit-package lineal-upcasters --group dev pyproject.toml -o requirements/development.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --group spark -c requirements/development.txt -o requirements/spark.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --no-emit-package lineal --no-emit-package lineal-upcasters --group build pyproject.toml -c requirements/development.txt -o requirements/server.txt

clean: ## Remove what was built
	@rm -rf $(VENV) site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
