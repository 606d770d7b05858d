// swift-tools-version: 6.3
import PackageDescription

/// The rules every target is compiled under.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let http: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let jwt: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nio: [Target.Dependency] = ["NIOCore", "NIOHTTP1", "NIOPosix"].map { .product(name: $0, package: "swift-nio") }
let locks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let wire: [Target.Dependency] = [locks, .product(name: "NIOTLS", package: "swift-nio")]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

/// The channels. To add one: make the folder, add a line here and one in Sources/Contatto/Roster.swift.
let connectors: [(folder: String, module: String, uses: [Target.Dependency], resources: [Resource])] = [
    ("email", "EmailConnector", ["CGMime", crypto, http, tls] + nio + wire, []),
    ("web", "WebConnector", [http] + wire, [.embedInCode("Snippet")]),
]

let package = Package(
    name: "contatto",
    products: [
        .executable(name: "contatto", targets: ["Contatto"]),
        .executable(name: "benchmarks", targets: ["Benchmarks"]),
        .executable(name: "ledger-trial", targets: ["LedgerTrial"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", path: "Sources/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "CPhoneNumber", path: "Sources/CPhoneNumber", linkerSettings: [.linkedLibrary("phonenumber")]),
        .target(
            name: "HubSchema", path: "schema", resources: [.embedInCode("changes"), .embedInCode("openapi")],
            swiftSettings: house),
        .target(name: "Postgres", dependencies: ["CLibPQ"], swiftSettings: house),
        .systemLibrary(
            name: "CGMime", path: "connectors/email/CGMime", pkgConfig: "gmime-3.0",
            providers: [.apt(["libgmime-3.0-dev"])]),
        .target(name: "Contact", dependencies: ["CPhoneNumber", crypto, http, locks], swiftSettings: house),
        .target(name: "Resolution", dependencies: ["Contact"], exclude: ["README.md"], swiftSettings: house),
        .target(
            name: "Storage", dependencies: ["Postgres", "Contact", "Resolution", "HubSchema"], swiftSettings: house),
        .target(
            name: "Following", dependencies: ["Storage", "Postgres", "Contact", lifecycle, logging],
            swiftSettings: house),
        .systemLibrary(
            name: "CRdKafka", path: "Sources/CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .target(name: "Kafka", dependencies: ["CRdKafka"], swiftSettings: house),
        // For tests under the thread sanitizer, which librdkafka's threads are strange to.
        .target(name: "CThreads"),
        .target(name: "KafkaTesting", dependencies: ["CRdKafka", "CThreads", "Kafka"], swiftSettings: house),
        .target(
            name: "Delivery",
            dependencies: ["Kafka", "Storage", "Postgres", "Contact", lifecycle, logging, crypto, tls] + nio + wire,
            swiftSettings: house),
        .target(name: "Cluster", dependencies: ["Postgres"], swiftSettings: house),
        .systemLibrary(
            name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "API",
            dependencies: [
                "CZlib", "Delivery", "HubSchema", "Storage", "Postgres", "Contact", "Resolution", hummingbird,
                http, jwt, lifecycle, logging, tls,
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ] + nio,
            swiftSettings: house),
        .target(name: "GroundTruth", swiftSettings: house),
        .executableTarget(
            name: "Contatto",
            dependencies: [
                "API", "Cluster", "Delivery", "Following", "Storage", "Postgres", "Contact", "Resolution",
                "GroundTruth",
                arguments, yaml, lifecycle, logging, .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + connectors.map { .target(name: $0.module) },
            swiftSettings: house),
        .target(
            name: "ContactTesting", dependencies: ["Following", "Postgres", "Contact", "Storage", logging],
            swiftSettings: house),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "GroundTruth", "API", "Contact", "Delivery", "Resolution", "Postgres", "Storage", "ContactTesting",
                arguments,
                lifecycle, logging,
            ],
            path: "Benchmarks/Benchmarks", swiftSettings: house),
        .executableTarget(
            name: "LedgerTrial",
            dependencies: [
                "Delivery", "Kafka", "KafkaTesting", "GroundTruth", "Postgres", "Contact", "Storage", "ContactTesting",
                arguments,
            ],
            path: "Benchmarks/LedgerTrial", swiftSettings: house),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "ContactTesting"], swiftSettings: house),
        .testTarget(
            name: "ContactTests", dependencies: ["Contact"], exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "ResolutionTests", dependencies: ["Resolution", "Contact", "GroundTruth"], swiftSettings: house),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Storage", "Postgres", "Contact", "Resolution", "GroundTruth", "ContactTesting"],
            swiftSettings: house),
        .testTarget(
            name: "ClusterTests", dependencies: ["Cluster", "Postgres", "ContactTesting"], swiftSettings: house),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "HubSchema", "Storage", "Postgres", "Contact", "ContactTesting", "EmailConnector",
                "WebConnector", crypto, http, jwt, lifecycle, logging, yaml,
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: house),
        .testTarget(name: "KafkaTests", dependencies: ["Kafka", "KafkaTesting"], swiftSettings: house),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "Delivery", "Kafka", "KafkaTesting", "Storage", "Postgres", "Contact", "ContactTesting", "GroundTruth",
                crypto, logging, tls,
            ] + nio + wire,
            swiftSettings: house),
        .testTarget(
            name: "FollowingTests",
            dependencies: ["Following", "Storage", "Postgres", "Contact", "ContactTesting", logging],
            swiftSettings: house),
        .testTarget(name: "GroundTruthTests", dependencies: ["GroundTruth"], swiftSettings: house),
        // The fuzzers themselves are built by deploy/fuzz, of the same sources.
        .testTarget(
            name: "FuzzTests", dependencies: ["EmailConnector", "Contact"], path: "Fuzz",
            exclude: ["Entry", "README.md", "dictionaries"],
            sources: ["Properties", "Tests"], resources: [.copy("corpus")], swiftSettings: house),
        .testTarget(
            name: "ContattoTests",
            dependencies: [
                "Contatto", "Cluster", "Contact", "ContactTesting", "Storage", "Postgres", arguments,
            ],
            swiftSettings: house),
    ]
        + connectors.map {
            .target(
                name: $0.module, dependencies: ["Contact"] + $0.uses, path: "connectors/\($0.folder)/Sources",
                resources: $0.resources, swiftSettings: house)
        }
        + connectors.map {
            .testTarget(
                name: $0.module + "Tests",
                dependencies: [
                    .target(name: $0.module), "Contact", "ContactTesting", "Storage", "Postgres", "GroundTruth",
                ],
                path: "connectors/\($0.folder)/Tests", resources: [.copy("Fixtures")], swiftSettings: house)
        },
    cxxLanguageStandard: .cxx17
)
