// swift-tools-version: 6.2
// Tideline: a Server-Sent Events analytics streaming gateway. No Swift package dependencies; C libraries come from
// the system through systemLibrary targets, resolved by pkg-config (`make setup` installs them).

import PackageDescription

/// Every Swift target: Swift 6 mode, each warning an error, strict memory safety, upcoming features on.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A module under `Sources/`, with its test target under `Tests/`.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "tideline",
    // For the client on Apple systems, which have Synchronization and typed iterator failures from these on.
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .executable(name: "tideline", targets: ["tideline"]),
        .executable(name: "tideline-bench", targets: ["tideline-bench"]),
        .library(name: "ServerSentEvents", targets: ["ServerSentEvents"]),
        .library(name: "TidelineClient", targets: ["TidelineClient"]),
    ],
    targets: [
        // System libraries.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

        // Leaves: formats and vocabulary, no I/O.
        module("ServerSentEvents"),
        module("HTTPProtocol"),
        module("Events"),
        module("Telemetry"),

        // Input and output.
        module("Networking", ["Telemetry", "CLinux", "COpenSSL"]),
        module("HTTPServer", ["HTTPProtocol", "Networking", "Telemetry", "CZlib"]),

        // Domain.
        module("Broadcast", ["Events", "ServerSentEvents", "Telemetry"]),
        module("Projections", ["Events"]),
        module("Access", ["Events", "COpenSSL"]),

        // Adapters.
        module("Persistence", ["Events", "Projections", "Telemetry", "CSQLite"]),

        // For programs that use a server.
        module("TidelineClient", ["ServerSentEvents"]),

        // Assembly.
        module(
            "TidelineService",
            [
                "Access", "Broadcast", "Events", "HTTPProtocol", "HTTPServer", "Networking", "Persistence",
                "Projections", "ServerSentEvents", "Telemetry", "CLinux", "COpenSSL",
            ]),
        .executableTarget(name: "tideline", dependencies: ["TidelineService"], swiftSettings: strict),
        .executableTarget(
            name: "tideline-bench", dependencies: ["HTTPProtocol", "ServerSentEvents", "CLinux", "CSQLite"],
            swiftSettings: strict),

        // Tests mirror the sources.
        tests("ServerSentEventsTests", ["ServerSentEvents"]),
        tests("HTTPProtocolTests", ["HTTPProtocol"]),
        tests("EventsTests", ["Events"]),
        tests("TelemetryTests", ["Telemetry"]),
        tests("NetworkingTests", ["Networking", "Telemetry", "COpenSSL"]),
        tests("HTTPServerTests", ["HTTPServer", "HTTPProtocol", "Networking", "Telemetry", "CZlib"]),
        tests("BroadcastTests", ["Broadcast", "Events", "ServerSentEvents", "Telemetry"]),
        tests("ProjectionsTests", ["Projections", "Events"]),
        tests("AccessTests", ["Access", "Events"]),
        tests("PersistenceTests", ["Persistence", "Events", "Projections", "Telemetry", "CSQLite"]),
        tests(
            "TidelineServiceTests",
            ["TidelineService", "Access", "Events", "HTTPProtocol", "HTTPServer", "Networking", "Telemetry"]),
        tests("TidelineClientTests", ["TidelineClient", "ServerSentEvents"]),
        tests("IntegrationTests", ["ServerSentEvents", "HTTPProtocol", "TidelineClient", "CSQLite", "CLinux"]),
    ]
)
