import Foundation

/// The wall clock of one server, set by the test while it runs; its monotonic clock stays true.
///
/// Made with libfaketime (Debian package faketime), which reads the offset from a file at each call.
final class FakedClock: Sendable {
    private let directory: TemporaryDirectory

    private static let library = "/usr/lib/\(machine)-linux-gnu/faketime/libfaketimeMT.so.1"

    #if arch(arm64)
    private static let machine = "aarch64"
    #else
    private static let machine = "x86_64"
    #endif

    /// Whether this machine has what it takes; suites use it as their condition.
    static var isInstalled: Bool { FileManager.default.fileExists(atPath: library) }

    /// A clock that shows `time`, and goes on from there.
    init(_ time: Date) throws {
        directory = try TemporaryDirectory("clock")
        try set(time)
    }

    /// Lets the clock jump.
    func set(_ time: Date) throws {
        let offset = time.timeIntervalSinceNow
        try directory.write((offset < 0 ? "" : "+") + String(format: "%.3f", offset), to: "offset")
    }

    /// For the server's environment.
    var environment: [String: String] {
        [
            "LD_PRELOAD": Self.library, "FAKETIME_TIMESTAMP_FILE": directory.file("offset"), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }
}
