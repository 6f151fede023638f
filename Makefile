# The two commands: `make run` and `make test`. Everything lives in .venv/ and instance/.

PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python

.PHONY: run test lint bench simulate pin clean model messages

run: .venv/installed
	@exec $(PY) -m voc run --port $(PORT)

test: .venv/installed-dev
	$(PY) -m pytest -n auto

lint: .venv/installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

bench: .venv/installed-dev
	$(PY) -m tests.bench

# The simulation study of docs/statistics.md, about 20 minutes on one core; writes docs/statistics/.
simulate: .venv/installed-dev
	$(PY) -m tests.bench.shares

# Compile the corpus and train the classifier that voc ships: the same weights every time. Then: $(PY) -m voc model evaluate --write
MODEL ?= $(notdir $(lastword $(sort $(patsubst %/card.json,%,$(wildcard models/*/card.json)))))
model: .venv/installed
	$(PY) -m voc.classifier.corpus
	$(PY) -m voc model train --version $(MODEL) --to models

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "voc needs Python 3.11; found: $$($(PYTHON) --version). Install it, or name it: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# For developers: renew the pins after changing requirements*.in (needs `pip install uv`).
pin:
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt

# For developers: renew the English catalogue after changing texts.
messages:
	$(PY) -m babel.messages.frontend -q extract -F babel.cfg -k _l -k lazy_gettext -o voc/translations/messages.pot .
	.venv/bin/pybabel -q update -i voc/translations/messages.pot -d voc/translations --no-fuzzy-matching
	.venv/bin/pybabel -q compile -d voc/translations

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
