# One line a target. Each also works without make: see README.md.
# Needs Python 3.11 or newer (PYTHON=… names another one) and nothing else.
PYTHON ?= python3
VENV := .venv/bin/python
SERVERS := $(VENV) -m wfh_portal.embedded
FAST = $(VENV) -m pytest -n 2 -m "not slow" $(ARGS)
SLOW = $(VENV) -m pytest -n 2 --dist loadfile -m slow $(ARGS)
export DEMO_PEOPLE ?= 5000
export PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help python install install-dev demo run test test-slow test-all check bench fix messages lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

python:
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 or newer is needed; $(PYTHON) was not found."; exit 2; }

install: python ## .venv with what the portal runs on (requirements.txt)
	@$(PYTHON) scripts/venv.py requirements.txt

install-dev: python ## .venv with the tools for tests and checks too
	@$(PYTHON) scripts/venv.py requirements-dev.txt

demo: install ## everything running, with 5,000 made-up people: PORT=8000 DEMO_PEOPLE=5000
	@exec $(VENV) manage.py demo

run: install ## development server against your own services: DATABASE_URL, REDIS_URL, SECRET_KEY
	@exec $(VENV) manage.py runserver $(PORT)

test: install-dev ## the test suite: make test ARGS="-k policy"
	@$(SERVERS) --template -- $(FAST)

test-slow: install-dev ## kills, races, long properties
	@$(SERVERS) --template -- $(SLOW)

test-all: install-dev ## both, on servers that are started and migrated once
	@$(SERVERS) --template -- sh -c '$(FAST); fast=$$?; $(SLOW) && exit $$fast'

check: install-dev ## every lint, type, contract, migration, message and template check
	@$(SERVERS) -- $(VENV) scripts/check.py

bench: install ## speed beside what cannot be beaten, and fairness: make bench PEOPLE="1000000 5000000" PART=run
	@$(SERVERS) --template -- $(VENV) -m benchmarks.fresh $(PEOPLE) $(PART)

fix: install-dev ## format, and repair what a tool can repair
	@$(VENV) -m ruff check --fix . ; $(VENV) -m ruff format .

messages: install-dev ## collect and compile the messages (needs gettext)
	@$(VENV) scripts/messages.py

lock: ## make the requirements anew from pyproject.toml (needs uv)
	@bash scripts/lock.sh
