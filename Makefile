# Each target sets itself up in .venv/ and reuses it; `make help` lists them.
#
# The package is installed into .venv, not linked, so that the tests see what ships. Two stamps in .venv say what
# stands there. Their names carry a checksum of contents, not dates: a branch switched forth and back installs nothing.

PYTHON ?= python3
# More for every `pip install`, such as another index that has a CPU build of torch.
PIP_ARGS ?=
# More for pytest, such as: PYTEST_ARGS="tests/timing -x"
PYTEST_ARGS ?=
# Which suites `make bench` runs; all by default.
BENCH ?=
# For `make gpu-check`: where its JSON goes (default: benchmarks/results), and 1 to run compute-sanitizer as well.
GPU_OUT ?=
SANITIZE ?=
# Then a network to train for some minutes, of the clips in the folder $VFI_DATA; TRAIN_ARGS="--width 0.5" for more.
TRAIN ?=
MINUTES ?= 10
TRAIN_ARGS ?=

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo_out
SANITIZED := build/sanitize
BUILD_TOOLS := scikit-build-core pybind11 cmake ninja

# A studio's PYTHONPATH would put other packages in front of the ones that are tested here.
unexport PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# On a terminal pip shows how far a download has come; in a log only errors are worth a line.
PIP_INSTALL = $(BIN)/python -m pip install $(if $(MAKE_TERMOUT),,-qq) -c constraints.txt $(PIP_ARGS)

CPP_FILES := $(sort $(wildcard host_bindings/*.cpp host_bindings/*.h vfi_plugin/kernels/cuda/*.cu))
# By find, and not by make's lists, as adapters' files have spaces in their names.
SOURCES = find CMakeLists.txt pyproject.toml vfi_plugin host_bindings nuke resolve \
	-type f ! -name '*.py[co]' ! -name '*.so' ! -name '.*' -exec cksum {} + | LC_ALL=C sort

DEPENDENCIES := $(VENV)/.dependencies-$(firstword $(shell cksum pyproject.toml constraints.txt | cksum))
PACKAGE := $(VENV)/.package-$(firstword $(shell $(SOURCES) | cksum))

.DEFAULT_GOAL := help
.PHONY: help setup demo test sanitize lint format bench gpu-check clean distclean
.PHONY: lint-style lint-types lint-layers lint-cpp

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(PACKAGE) ## the virtual environment, with the package installed

demo: $(PACKAGE) ## retime a small HDR clip and make a picture of it
	$(BIN)/vfi demo --out $(DEMO)
	@for picture in $(DEMO)/*.png; do echo "Look at $(CURDIR)/$$picture"; done

# A process a core, each with one thread of its own: with more, idle OpenMP threads keep cores from whoever has work. In
# the order of their names the files with the longest tests come first; by the number of tests, as xdist would, last.
test: $(PACKAGE) ## all tests; those that need a GPU are skipped without one
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses=8 --dist=loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# The sanitizers' library comes before everything, the C++ one with it: it must see exceptions when Python starts.
sanitize: $(DEPENDENCIES) ## run every C++ kernel under AddressSanitizer and UndefinedBehaviorSanitizer (minutes)
	@PATH="$(CURDIR)/$(BIN):$$PATH" cmake -S . -B $(SANITIZED) -G Ninja -DVFI_SANITIZE=ON -DCMAKE_BUILD_TYPE=None \
		-DPython_EXECUTABLE="$(CURDIR)/$(BIN)/python" \
		-Dpybind11_DIR="$$($(BIN)/python -m pybind11 --cmakedir)" >/dev/null
	@PATH="$(CURDIR)/$(BIN):$$PATH" cmake --build $(SANITIZED)
	LD_PRELOAD="$$($${CXX:-c++} -print-file-name=libasan.so) $$($${CXX:-c++} -print-file-name=libstdc++.so)" \
		ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		$(BIN)/python tests/kernels/exercise_native.py $(SANITIZED) sanitizer

lint: lint-style lint-types lint-layers lint-cpp ## ruff, mypy, the layers, clang-format; changes nothing

lint-style: $(DEPENDENCIES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# From within nuke/: seen from here, that folder would hide the host's module, whose stubs are wanted.
lint-types: $(DEPENDENCIES)
	$(BIN)/mypy
	cd nuke && MYPYPATH=../vfi_plugin/worker/client ../$(BIN)/mypy --config-file ../pyproject.toml \
		--cache-dir ../.mypy_cache -p vfi_nuke
	MYPYPATH=resolve:vfi_plugin/worker/client $(BIN)/mypy -p vfi_resolve

lint-layers: $(DEPENDENCIES)
	$(BIN)/lint-imports --no-logo

lint-cpp: $(DEPENDENCIES)
	$(BIN)/clang-format --dry-run -Werror $(CPP_FILES)

format: $(DEPENDENCIES) ## put all sources into the house's format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(CPP_FILES)

bench: $(PACKAGE) ## measure speed and memory; BENCH="kernels stages whole_run" for some of it
	$(BIN)/python benchmarks/run.py $(BENCH)

gpu-check: ## the tests that need an NVIDIA GPU, then its benchmarks; no venv, no network
	"$(PYTHON)" benchmarks/gpu_check.py $(if $(GPU_OUT),--out "$(GPU_OUT)") $(if $(SANITIZE),--sanitize) \
		$(if $(TRAIN),--train "$(TRAIN)" --minutes "$(MINUTES)" --train-args="$(TRAIN_ARGS)")

clean: ## remove what was built and measured; .venv stays
	rm -rf build dist $(DEMO) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find vfi_plugin nuke resolve tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## and .venv
	rm -rf $(VENV)

# pip is the last thing that venv puts there: an environment without it was never finished.
$(BIN)/pip:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "$(PYTHON) is not found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "Python 3.10 or newer is needed, $(PYTHON) is not; name another: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" -V)"
	@"$(PYTHON)" -m venv $(VENV)

# wheel.cmake=false leaves the compiled part out: this step is for what pyproject.toml asks for, the next one compiles.
$(DEPENDENCIES): | $(BIN)/pip
	@rm -f $(VENV)/.dependencies-* $(VENV)/.package-*
	@echo "Installing the dependencies into $(VENV) (the first time takes minutes: torch is large)"
	@$(PIP_INSTALL) $(BUILD_TOOLS)
	@$(PIP_INSTALL) --no-build-isolation -C wheel.cmake=false ".[test,lint]"
	@touch $@

$(PACKAGE): $(DEPENDENCIES)
	@rm -f $(VENV)/.package-*
	@command -v "$${CXX:-c++}" >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || { \
		echo "no C++ compiler is found; on Debian or Ubuntu: apt install g++; on macOS: xcode-select --install" >&2; exit 1; }
	@echo "Building the package into $(VENV)"
	@$(PIP_INSTALL) --no-build-isolation --no-deps --force-reinstall .
	@touch $@
