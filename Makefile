PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin


# One stamp an extra, so that `make demo` does not wait for the test tools.
$(VENV)/.run: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/.run
	$(BIN)/rnn-graph demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2

# Kills, damaged files, strangers and faults; half an hour.
hostile: $(VENV)/.test
	cd tests && for campaign in hostile.mutated_files hostile.network hostile.faults \
	    "kill_and_resume 29"; do ../$(BIN)/python -m $$campaign || exit 1; done

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/.run
	$(BIN)/rnn-graph bench lm-step

clean:
	rm -rf $(VENV) demo-output build src/*.egg-info
