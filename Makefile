# make demo · make test · make check · make bench: each first brings .venv and the tools up to date.
# What is fetched: Python packages by pip, and (where this user may) compilers and QEMU by apt-get;
# `make demo` needs none of these: wheels stand in for them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.stamp
DEMO   := build/demo
FUZZ_SECONDS ?= 60
# The kernels of dsp/ and mve/ hold assembly in columns, laid out by hand.
C_CODE := git ls-files 'firmware/*.[ch]' 'tests/support/*.c' 'tests/proofs/*.[ch]' 'tests/fuzz/*.c' | grep -vE 'kernels/(dsp|mve)/'

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup tools hooks data demo bench bench-shapes bench-listen bench-attack bench-fpga bench-train table seed-table test fuzz flips prove check check-systems format docs
.PHONY: lock audit dist sbom release-check clean
help:
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) tools ## install everything that the other targets need

$(STAMP): pyproject.toml toolchain/tinyrob/files/version.py scripts/setup-venv
	scripts/setup-venv $(PYTHON) $(VENV)
	@touch $@

tools:
	@scripts/setup-tools

hooks: $(STAMP) ## run ruff, mypy and clang-format before each commit
	$(BIN)/pre-commit install

data: $(STAMP) ## fetch the datasets and models that some tests read (TINYROB_DATA, TINYROB_MODELS)
	scripts/setup-data "$${TINYROB_DATA:-build/data}" "$${TINYROB_MODELS:-build/models}"

demo: $(STAMP) ## train, export, build, emulate and prove a network; then the CIFAR-10 one
	scripts/demo $(DEMO)

bench: setup ## measure every network on every emulated board; AGAINST=tflm TFLM_DIR=DIR: ratios to TFLite-Micro
	scripts/bench $(if $(AGAINST),--against $(AGAINST) $(if $(TFLM_DIR),--tflm-dir "$(TFLM_DIR)"))

bench-shapes: setup ## the worst instructions a MAC of 500 drawn layers; fails above a bar
	$(BIN)/python -m benchmarks.shapes benchmarks/shapes.json

bench-listen: setup ## hearing and seeing: front ends, false accepts an hour, attacks; into the docs
	nice $(BIN)/python -m benchmarks.listen benchmarks/listen.json

bench-attack: setup ## examples a second of our attacks, beside the same ones in plain ART
	$(BIN)/python scripts/bench-attack

table: setup ## accuracy under attack of the zoo and the baselines, into the docs
	$(BIN)/python -m benchmarks.comparison benchmarks --readme docs/reference/figures.md

seed-table: setup ## the seed paper's tables (days; goes on where it was stopped); ONLY='--task digits --seeds 0': a part
	nice $(BIN)/python -m benchmarks.seed benchmarks --page docs/reference/seed-table.md $(ONLY)

bench-fpga: setup ## the zoo on FPGAs, by Yosys and nextpnr: clock, LUTs, milliseconds (hours)
	nice $(BIN)/python -m benchmarks.fpga benchmarks/fpga.json

bench-train: setup ## training: images a second by method
	$(BIN)/python -m benchmarks.training

test: setup check ## every check and every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

fuzz: $(STAMP) ## damaged files into every reader, FUZZ_SECONDS (60) in all
	@scripts/setup-fuzz
	$(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS)

flips: $(STAMP) ## 10,000 single bits of the host's program flipped: each is seen
	cd tests && PYTHONPATH=../toolchain ../$(BIN)/python -m support.flips

prove: $(STAMP) ## the C kernels, by Frama-C; then fixed-point helpers on every argument
	@scripts/setup-proofs
	$(BIN)/python tests/proofs/reached.py
	$(BIN)/python tests/proofs/prove.py
	$(BIN)/python tests/proofs/exhaustive.py

check: $(STAMP) ## ruff, mypy, clang-format and clang-tidy
	$(BIN)/ruff check toolchain tests scripts benchmarks docs examples
	$(BIN)/ruff format --check toolchain tests benchmarks docs examples
	$(BIN)/mypy
	$(C_CODE) | xargs $(BIN)/clang-format --dry-run -Werror
	scripts/check-c

check-systems: $(STAMP) ## the types as Windows and macOS have them
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin

format: $(STAMP) ## let ruff and clang-format rewrite what they can
	$(BIN)/ruff check --fix toolchain tests scripts benchmarks docs examples
	$(BIN)/ruff format toolchain tests benchmarks docs examples
	$(C_CODE) | xargs $(BIN)/clang-format -i

docs: $(STAMP) ## the site, into build/site; a broken link or an unknown name fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

lock: $(STAMP) ## requirements-dev.lock: the development environment's versions and hashes
	scripts/lock

audit: $(STAMP) ## known vulnerabilities of what tinyrob depends on
	scripts/audit

dist: $(STAMP) ## wheel and sdist, into dist; built twice, and the same bytes
	scripts/dist dist

sbom: $(STAMP) ## what the wheel in dist brings with it (CycloneDX), into build/sbom
	scripts/sbom dist build/sbom

release-check: $(STAMP) ## is TAG=vX.Y.Z this version, and has the changelog a section for it?
	scripts/release-check "$(TAG)"

clean: ## remove what was built (not .venv)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
