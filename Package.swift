// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "unstick",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Unstick", targets: ["Unstick"]),
        .library(name: "UnstickSQLite", targets: ["UnstickSQLite"]),
        .library(name: "UnstickPostgres", targets: ["UnstickPostgres"]),
        .library(name: "UnstickMySQL", targets: ["UnstickMySQL"]),
        .library(name: "UnstickLearning", targets: ["UnstickLearning"]),
        .library(name: "UnstickWorker", targets: ["UnstickWorker"]),
        .library(name: "UnstickServer", targets: ["UnstickServer"]),
        .library(name: "UnstickPages", targets: ["UnstickPages"]),
        .executable(name: "unstick", targets: ["UnstickCommand"]),
        .executable(name: "unstick-bench", targets: ["UnstickBench"]),
        .executable(name: "unstick-bench-mysql", targets: ["UnstickMySQLBench"]),
        .executable(name: "unstick-bench-postgres", targets: ["UnstickPostgresBench"]),
        .executable(name: "unstick-bench-webhooks", targets: ["UnstickWebhookBench"]),
        .executable(name: "unstick-model-proof", targets: ["ModelProof"]),
        .executable(name: "library-example", targets: ["LibraryExample"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration.git",
            from: "1.4.0",
            traits: [.defaults, "YAML"]
        ),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.5.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        .target(
            name: "Unstick",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .target(
            name: "UnstickLearning",
            dependencies: ["Unstick", .product(name: "Histogram", package: "hdrhistogram-swift")]
        ),
        .target(
            name: "UnstickSQL",
            dependencies: [
                "Unstick", .product(name: "NIOPosix", package: "swift-nio"), .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Attach/Presets")]
        ),
        .target(
            name: "UnstickSQLite",
            dependencies: ["Unstick", "UnstickSQL", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "UnstickPostgres",
            dependencies: ["CLibPQ", "Unstick", "UnstickSQL"]
        ),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .target(name: "UnstickMySQL", dependencies: ["CMariaDB", "Unstick", "UnstickSQL"]),
        .target(
            name: "UnstickHTTP",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "UnstickServer",
            dependencies: [
                "Unstick", "UnstickHTTP",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            resources: [.embedInCode("openapi.json")]
        ),
        .target(
            name: "UnstickPages",
            dependencies: [
                "Unstick", "UnstickLearning", "UnstickServer",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Assets"), .embedInCode("Templates")]
        ),
        .target(
            name: "UnstickWorker",
            dependencies: [
                "Unstick",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .executableTarget(
            name: "UnstickCommand",
            dependencies: [
                "CZlib", "Unstick", "UnstickLearning", "UnstickMySQL", "UnstickPages", "UnstickPostgres", "UnstickSQL",
                "UnstickSQLite", "UnstickServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .target(
            name: "BenchSupport",
            dependencies: ["Unstick", "UnstickLearning", .product(name: "Logging", package: "swift-log")],
            path: "Benchmarks/Support"
        ),
        .executableTarget(
            name: "UnstickBench",
            dependencies: [
                "BenchSupport", "TestSupport", "Unstick", "UnstickSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/SQLite"
        ),
        .executableTarget(
            name: "UnstickPostgresBench",
            dependencies: [
                "BenchSupport", "TestSupport", "Unstick", "UnstickPostgres", "UnstickSQL",
            ],
            path: "Benchmarks/Postgres",
            exclude: ["procrastinate_loop.py"]
        ),
        .executableTarget(
            name: "UnstickMySQLBench",
            dependencies: ["BenchSupport", "TestSupport", "Unstick", "UnstickMySQL", "UnstickSQL"],
            path: "Benchmarks/MySQL"
        ),
        .executableTarget(
            name: "UnstickWebhookBench",
            dependencies: [
                "BenchSupport", "TestSupport", "Unstick", "UnstickSQLite", "UnstickServer",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Benchmarks/Webhooks"
        ),
        .executableTarget(
            name: "LibraryExample",
            dependencies: ["Unstick", "UnstickSQLite"],
            path: "Examples/Library"
        ),
        .target(
            name: "TestSupport",
            dependencies: ["Unstick", .product(name: "Tracing", package: "swift-distributed-tracing")],
            path: "Tests/TestSupport"
        ),
        .target(name: "TestTags", path: "Tests/TestTags"),
        .target(
            name: "HTTPTestSupport",
            dependencies: ["UnstickHTTP", "UnstickServer", .product(name: "NIOCore", package: "swift-nio")],
            path: "Tests/HTTPTestSupport"
        ),
        .target(
            name: "JobModel",
            dependencies: [
                "TestSupport", "Unstick", "UnstickSQL", "UnstickSQLite",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/JobModel"
        ),
        .target(
            name: "StoreSuite",
            dependencies: [
                "TestSupport", "TestTags", "Unstick", "UnstickMySQL", "UnstickPostgres", "UnstickSQL", "UnstickSQLite",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Tests/StoreSuite"
        ),
        .executableTarget(
            name: "ModelProof",
            dependencies: ["JobModel", "TestSupport", "UnstickMySQL", "UnstickPostgres", "UnstickSQL"],
            path: "Tests/ModelProof"
        ),
        .testTarget(name: "UnstickTests", dependencies: ["Unstick"], exclude: ["Fixtures"]),
        .testTarget(name: "LearningTests", dependencies: ["Unstick", "UnstickLearning"]),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "JobModel", "StoreSuite", "TestSupport", "TestTags", "Unstick", "UnstickMySQL", "UnstickPostgres",
                "UnstickSQL",
                "UnstickSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "AttachTests",
            dependencies: [
                "TestSupport", "TestTags", "Unstick", "UnstickPostgres", "UnstickSQL", "UnstickSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Peers", "Schemas"]
        ),
        .testTarget(
            name: "WorkerTests",
            dependencies: [
                "TestSupport", "Unstick", "UnstickSQLite", "UnstickWorker",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "HTTPTests",
            dependencies: ["HTTPTestSupport", "UnstickHTTP", .product(name: "NIOCore", package: "swift-nio")]
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "HTTPTestSupport", "TestSupport", "TestTags", "Unstick", "UnstickHTTP", "UnstickPostgres",
                "UnstickSQLite", "UnstickServer",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .testTarget(
            name: "PagesTests",
            dependencies: [
                "HTTPTestSupport", "TestSupport", "TestTags", "Unstick", "UnstickLearning", "UnstickPages",
                "UnstickSQL",
                "UnstickSQLite",
                "UnstickServer",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "StoreSuite", "TestSupport", "TestTags", "UnstickCommand", "Unstick", "UnstickPostgres", "UnstickSQL",
                "UnstickSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
}
