PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CAMPAIGNS := kill_and_resume hostile.faults hostile.mutated_files hostile.options

.PHONY: demo test docs hostile lint bench clean $(CAMPAIGNS)

# One stamp an extra, so that `make demo` does not wait for the test tools.
$(VENV)/.run: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

$(VENV)/.docs: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/.run
	$(BIN)/rnn-graph demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2

# Kills, damaged files, strangers, faults and options; half an hour, on two cores.
hostile: $(VENV)/.test
	cd tests && ../$(BIN)/python -m hostile.network
	$(MAKE) --jobs=2 $(CAMPAIGNS)

kill_and_resume: ARGUMENTS := 29
$(CAMPAIGNS): $(VENV)/.test
	cd tests && ../$(BIN)/python -m $@ $(ARGUMENTS)

docs: $(VENV)/.docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs
	@echo "build/docs/index.html"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/.run
	$(BIN)/rnn-graph bench lm-step

clean:
	rm -rf $(VENV) demo-output build src/*.egg-info
