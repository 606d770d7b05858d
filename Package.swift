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
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

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
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", path: "Sources/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "CPhoneNumber", path: "Sources/CPhoneNumber", linkerSettings: [.linkedLibrary("phonenumber")]),
        .target(name: "HubSchema", path: "schema", resources: [.embedInCode("changes")], swiftSettings: house),
        .target(name: "Postgres", dependencies: ["CLibPQ"], swiftSettings: house),
        .target(name: "Contact", dependencies: ["CPhoneNumber", crypto], swiftSettings: house),
        .target(name: "Resolution", dependencies: ["Contact"], swiftSettings: house),
        .target(
            name: "Storage", dependencies: ["Postgres", "Contact", "Resolution", "HubSchema"], swiftSettings: house),
        .target(name: "GroundTruth", swiftSettings: house),
        .executableTarget(
            name: "Contatto",
            dependencies: ["Storage", "Postgres", "Contact", "Resolution", "GroundTruth", arguments, yaml],
            swiftSettings: house),
        .target(name: "ContactTesting", dependencies: ["Postgres", "Contact", "Storage"], swiftSettings: house),
        .executableTarget(
            name: "Benchmarks", dependencies: ["Postgres", "Storage", "ContactTesting", arguments],
            path: "Benchmarks/Benchmarks", swiftSettings: house),
        .executableTarget(
            name: "LedgerTrial",
            dependencies: ["GroundTruth", "Postgres", "Contact", "Storage", "ContactTesting", arguments],
            path: "Benchmarks/LedgerTrial", swiftSettings: house),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "ContactTesting"], swiftSettings: house),
        .testTarget(name: "ContactTests", dependencies: ["Contact"], swiftSettings: house),
        .testTarget(name: "ResolutionTests", dependencies: ["Resolution", "Contact"], swiftSettings: house),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Storage", "Postgres", "Contact", "Resolution", "GroundTruth", "ContactTesting"],
            swiftSettings: house),
        .testTarget(name: "GroundTruthTests", dependencies: ["GroundTruth"], swiftSettings: house),
        .testTarget(
            name: "ContattoTests", dependencies: ["Contatto", "ContactTesting", "Storage", "Postgres"],
            swiftSettings: house),
    ],
    cxxLanguageStandard: .cxx17
)
