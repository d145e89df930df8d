# To try Unstick, use `make run` and `make test`; the other targets are for its developers.

SWIFT ?= swift

.PHONY: run test test-browser model soak alerts dependencies lint-dependencies test-dependencies format lint openapi api coverage bench bench-postgres bench-mysql bench-webhooks bench-foreground bench-page docs proof clean

# Builds, and starts the server on unstick.db with a sample workload. Ctrl-C stops it; the file stays.
run: dependencies
	$(SWIFT) build --product unstick
	@scripts/demo "$$($(SWIFT) build --show-bin-path)/unstick"

# Builds and runs every test: first six at a time, so that no test times out while it waits for the processor; then the
# suites tagged .alone, one after the other.
test: test-dependencies
	$(SWIFT) build --build-tests
	alone="$$(scripts/alone-suites)" && \
		SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 $(SWIFT) test --skip-build --disable-xctest --skip "$$alone" && \
		$(SWIFT) test --skip-build --disable-xctest --no-parallel --filter "$$alone"

# Tests the admin UI in Chromium, which it installs if necessary. Saves screenshots in .build/browser/shots;
# BROWSER=test_pictures saves those of the documents, as doc-*.png.
test-browser: dependencies
	$(SWIFT) build --product unstick
	scripts/browser-tests "$$($(SWIFT) build --show-bin-path)/unstick" $(BROWSER)

# Compares the life of jobs with a plain model, step by step: 1,000 seeds of 1,000 steps on SQLite, a tenth of that on
# PostgreSQL and on MariaDB. Takes a quarter of an hour on a fast machine, three times that on a slow one.
model: SEEDS ?= 1000
model: test-dependencies
	$(SWIFT) build --product unstick-model-proof
	"$$($(SWIFT) build --show-bin-path)/unstick-model-proof" sqlite $(SEEDS) 1000
	"$$($(SWIFT) build --show-bin-path)/unstick-model-proof" postgres $$(($(SEEDS) / 10)) 1000
	"$$($(SWIFT) build --show-bin-path)/unstick-model-proof" mariadb $$(($(SEEDS) / 10)) 1000

# Installs missing C libraries; reports a missing Swift.
dependencies:
	@scripts/install-dependencies

# Installs the tools for the API description.
lint-dependencies:
	@scripts/install-dependencies lint

# Installs what only the tests need: database servers and their tools, and the queues of the presets.
test-dependencies:
	@scripts/install-dependencies test
	@scripts/peer-schemas .build/peers

# Tests the alerts that go with the metrics.
alerts: test-dependencies
	promtool check rules deploy/prometheus/unstick-alerts.yml
	promtool test rules deploy/prometheus/unstick-alerts.test.yml

# Formats the sources.
format:
	$(SWIFT) format -i -r -p Package.swift Sources Tests Benchmarks Examples

# Checks the format of the sources, and that openapi.json matches the pieces in OpenAPI.
lint: lint-dependencies
	$(SWIFT) format lint -r -p --strict Package.swift Sources Tests Benchmarks Examples
	scripts/bundle-openapi --check

# Writes openapi.json from the pieces in OpenAPI.
openapi: lint-dependencies
	scripts/bundle-openapi

# Records the public symbols of the library targets in api.
api: dependencies
	$(SWIFT) build
	scripts/public-symbols --write

# Line coverage of the library targets; needs a build of its own.
coverage: test-dependencies
	scripts/coverage

# Measures a run beside the hand-written floor and the one-by-one design, workers and heartbeats beside bare statements,
# many rules beside one, and learning; writes .build/bench.json. BENCH='work rules' measures these parts only.
bench: dependencies
	$(SWIFT) build -c release --product unstick-bench
	"$$($(SWIFT) build -c release --show-bin-path)/unstick-bench" $(BENCH)

# The same over PostgreSQL, on a temporary server, and beside a queue's own recovery loop; finding at 10,000,000 rows;
# memory. Takes about half an hour.
bench-postgres: test-dependencies
	$(SWIFT) build -c release --product unstick-bench-postgres
	"$$($(SWIFT) build -c release --show-bin-path)/unstick-bench-postgres" --peers .build/peers/bin/python $(BENCH)

# Drains of a backlog on MariaDB, beside the hand-written floor, on a temporary server.
bench-mysql: test-dependencies
	$(SWIFT) build -c release --product unstick-bench-mysql
	"$$($(SWIFT) build -c release --show-bin-path)/unstick-bench-mysql" $(BENCH)

# How fast events reach a webhook, beside a bare loop of the same client. BENCH='10000 5' are the events and the rounds.
bench-webhooks: dependencies
	$(SWIFT) build -c release --product unstick-bench-webhooks
	"$$($(SWIFT) build -c release --show-bin-path)/unstick-bench-webhooks" $(BENCH)

# The waits of workers and charges during a drain of a backlog.
bench-foreground: test-dependencies
	$(SWIFT) build -c release --product unstick-bench-postgres
	"$$($(SWIFT) build -c release --show-bin-path)/unstick-bench-postgres" foreground $(BENCH)

# Measures every view of the admin UI, and the cost of 200 open pages: with 1,000,000 jobs in SQLite, and 10,000,000 in PostgreSQL.
# Takes half an hour.
bench-page: test-dependencies
	$(SWIFT) build -c release --product unstick
	python3 Benchmarks/Page/views.py "$$($(SWIFT) build -c release --show-bin-path)/unstick" --live 60
	python3 Benchmarks/Page/views.py "$$($(SWIFT) build -c release --show-bin-path)/unstick" --live 60 --database postgres \
		--jobs 10000000

# Keeps 10,000 hostile connections to the server open for five minutes. SOAK='--connections 1000 --seconds 20' is a short form.
soak: dependencies
	$(SWIFT) build -c release --product unstick
	python3 Tests/Soak/soak.py "$$($(SWIFT) build -c release --show-bin-path)/unstick" $(SOAK)

# Builds the documentation of the library.
docs: dependencies
	$(SWIFT) package --disable-sandbox generate-documentation --target Unstick --warnings-as-errors

# The long form of the fault tests: 500 kills instead of 50 on each database, connections cut 1,000 times, 25 crashes and 200
# deadlocks on each server, two servers over one database, the soak.
proof: test-dependencies
	$(SWIFT) build --build-tests
	UNSTICK_KILLS=500 $(SWIFT) test --skip-build --disable-xctest --no-parallel --filter 'FaultTests'
	UNSTICK_FAULTS=1000 $(SWIFT) test --skip-build --disable-xctest --filter ServerFaultTests/cutAtCommit
	UNSTICK_FAULTS=25 $(SWIFT) test --skip-build --disable-xctest --filter ServerFaultTests/restarts
	UNSTICK_FAULTS=200 $(SWIFT) test --skip-build --disable-xctest --filter ServerFaultTests/deadlocks
	UNSTICK_PROOF=1 $(SWIFT) test --skip-build --disable-xctest --filter ServerCommandTests/twoServers
	$(MAKE) soak

clean:
	rm -rf .build
