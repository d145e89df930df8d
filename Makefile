# What a newcomer needs is `make run` and `make test`; the rest is for whoever works on Unstick.

SWIFT ?= swift

.PHONY: run test build dependencies format lint coverage bench docs proof clean

# Builds, and starts the server on unstick.db with a sample workload. Ctrl-C stops it; the file stays.
run: dependencies
	$(SWIFT) build --product unstick
	@scripts/demo "$$($(SWIFT) build --show-bin-path)/unstick"

# Builds and runs every test.
test: dependencies
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest

# Installs the C libraries that are missing; says so where Swift is.
dependencies:
	@scripts/install-dependencies

# Rewrites the sources in the house's layout.
format:
	$(SWIFT) format -i -r -p Package.swift Sources Tests Benchmarks Examples

lint:
	$(SWIFT) format lint -r -p --strict Package.swift Sources Tests Benchmarks Examples

# Line coverage of the library targets; needs a build of its own.
coverage: dependencies
	scripts/coverage

# Measures a pass beside the hand-written floor and the one-by-one design; writes .build/bench.json.
bench: dependencies
	$(SWIFT) build -c release --product unstick-bench
	"$$($(SWIFT) build -c release --show-bin-path)/unstick-bench" $(BENCH)

# Builds the documentation of the library.
docs: dependencies
	$(SWIFT) package --disable-sandbox generate-documentation --target Unstick --warnings-as-errors

# The long form of the fault tests: 500 kills instead of 50.
proof: dependencies
	$(SWIFT) build --build-tests
	UNSTICK_KILLS=500 $(SWIFT) test --skip-build --disable-xctest --filter FaultTests

clean:
	rm -rf .build
