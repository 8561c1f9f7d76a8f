# Two commands do everything from a fresh clone: `make demo` and `make test`. Both set up .venv by themselves.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo validate test lint bench clean

# Another environment's settings must not leak into .venv.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

SETUP := pyproject.toml .ci/install .ci/find-python .ci/find-uv

help:  ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: .venv/.installed  ## Fit the two examples, print their tables, write out/report.html
	@started=$$SECONDS; .venv/bin/bayesinf demo --out out; echo "demo: done in $$((SECONDS - started)) s"

validate: .venv/.installed  ## Hold this machine against certified values: out/validation.html
	@.venv/bin/bayesinf validate --out out/validation.html

test: .venv/.installed-dev  ## Run ruff, pyright, the import contracts and the tests
	@.ci/check

lint: .venv/.installed-dev  ## Run ruff, pyright and the import contracts
	@.ci/check lint

# PEER_PYTHON names a Python with Bambi; what is not installed is skipped with a sentence. A part that
# fails does not stop the others, and the command then ends with 1.
bench: .venv/.installed-dev  ## Measure everything, beside the peers, and write the tables in docs/
	@mkdir -p out; run=".venv/bin/python -m benchmarks"; failed=0; \
	$$run.first_fit | $$run.page first --module first_fit || failed=1; \
	$$run.ladder --peers --check --json out/ladder.jsonl --write || failed=1; \
	$$run.fleet | $$run.page fleet || failed=1; \
	$$run.posteriordb | $$run.page posteriordb || failed=1; \
	$$run.calibration --nightly --plots out/calibration --write || failed=1; \
	$$run.gpu --write || failed=1; \
	exit $$failed

clean:  ## Remove .venv, out and every cache of the tools
	rm -rf .venv out dist build .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: $(SETUP)
	@.ci/install

.venv/.installed-dev: $(SETUP)
	@.ci/install dev
