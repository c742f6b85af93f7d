# SPDX-License-Identifier: Apache-2.0
# Every target does its own set-up. TRUCE_SHARED=DIR names a folder of shared test data, where there is one; JOBS=N limits the build.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

TRUCE_SHARED ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 20
SIM_SEEDS ?= 100000

shared := $(if $(TRUCE_SHARED),$(abspath $(TRUCE_SHARED)))
cmake_flags := -G Ninja -DTRUCE_SHARED=$(shared)
borders := build/share/borders-world-atlas.json

.PHONY: help build borders test test-fast demo bench asan sim faults determinism headers format format-check lint fuzz accept clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 14

build: borders  ## the programs, build/truce and build/truce-verify
	@tools/setup build
	@[ -f build/build.ninja ] || cmake -S . -B build $(cmake_flags) -DTRUCE_TESTS=OFF
	@ninja -C build -j $(JOBS) truce truce-verify

borders:  ## border lines for the maps of briefs, build/share
	@tools/setup borders
	@f=node_modules/world-atlas/countries-50m.json; if [ -f $$f ] && [ ! $(borders) -nt $$f -o ! $(borders) -nt tools/make_borders.mjs ]; then node tools/make_borders.mjs $$f $(borders); fi

test: borders  ## builds and runs every test
	@tools/setup build test
	@cmake -S . -B build $(cmake_flags) -DTRUCE_TESTS=ON
	@ninja -C build -j $(JOBS)
	@tools/run_tests build -j $(JOBS)

test-fast: borders  ## the tests but the slow ones
	@tools/setup build test
	@cmake -S . -B build $(cmake_flags) -DTRUCE_TESTS=ON
	@ninja -C build -j $(JOBS)
	@tools/run_tests build -j $(JOBS) -LE slow

demo: build  ## three guarantors and an observer on loopback; then an invented month, from a node to its brief
	@tools/demo_parties
	@tools/demo

bench:  ## benchmarks: name value unit peer peer_value ratio
	@tools/setup build bench
	@cmake -S . -B build-bench $(cmake_flags) -DTRUCE_TESTS=OFF -DTRUCE_BENCH=ON
	@ninja -C build-bench -j $(JOBS)
	@tools/run_benchmarks build-bench

asan:  ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer, but the slow ones
	@tools/setup build test check
	@CC=clang CXX=clang++ cmake -S . -B build-asan $(cmake_flags) -DTRUCE_TESTS=ON -DTRUCE_SANITIZE=ON -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1
	@ninja -C build-asan -j $(JOBS)
	@tools/run_tests build-asan -j $(JOBS) -LE 'slow|nosan'

sim:  ## a simulated record, 100,000 seeds in JOBS processes
	@tools/setup build test
	@cmake -S . -B build $(cmake_flags) -DTRUCE_TESTS=ON
	@ninja -C build -j $(JOBS) truce-sim
	@rm -rf build/sim && mkdir -p build/sim
	@seq 1 1000 $(SIM_SEEDS) | xargs -P $(JOBS) -I{} sh -c 'build/truce-sim --seeds {}:$$(({} + 999)) --summary > build/sim/{} || { cat build/sim/{}; exit 255; }'
	@cat build/sim/* | python3 -c 'import collections, json, sys; c = collections.Counter(); [c.update(json.loads(l)) for l in sys.stdin]; print(json.dumps(c, sort_keys=True))'

faults:  ## every writing call of every operation fails once; 1,000 kills under load
	@tools/setup build test
	@cmake -S . -B build $(cmake_flags) -DTRUCE_TESTS=ON
	@ninja -C build -j $(JOBS) truce fail_write
	@TRUCE=build/truce TRUCE_FAIL_WRITE=$$(ls build/tests/*fail_write.so) tests/faults/every_write.py
	@TRUCE=build/truce TRUCE_FAIL_WRITE=$$(ls build/tests/*fail_write.so) tests/faults/kill_under_load.py --kills 1000

determinism:  ## pinned digests under two compilers, each with little and much optimisation
	@tools/setup build test check
	@tests/determinism.sh . --all

headers:  ## every header compiled alone
	@tools/setup build test
	@cmake -S . -B build-headers $(cmake_flags) -DTRUCE_TESTS=ON -DTRUCE_BENCH=ON >/dev/null
	@tools/check_headers build-headers -j $(JOBS)

format:  ## formats the sources in place
	@tools/setup check
	@git ls-files '*.h' '*.cc' | xargs clang-format -i

format-check:  ## says which sources are not formatted
	@tools/setup check
	@git ls-files '*.h' '*.cc' | xargs -P $(JOBS) -n 20 clang-format --dry-run -Werror
	@echo "format: good"

lint:  ## own rules of style, tools/check_style
	@tools/check_style

fuzz:  ## every fuzzer for FUZZ_SECONDS (20)
	@tools/setup build check
	@CC=clang CXX=clang++ cmake -S . -B build-fuzz $(cmake_flags) -DTRUCE_TESTS=OFF -DTRUCE_FUZZ=ON
	@tools/run_fuzzers build-fuzz $(FUZZ_SECONDS) $(JOBS)

accept: build  ## the checks from outside in TRUCE_SHARED
	@[ -n "$(shared)" ] || { echo "accept: TRUCE_SHARED names no folder" >&2; exit 1; }
	@tools/setup shared
	@tools/run_accept $(shared)

clean:  ## removes everything that was built
	@rm -rf build build-* demo node_modules
