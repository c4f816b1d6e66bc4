import Foundation

/// A directory that is deleted with the last reference to it.
final class TemporaryDirectory: Sendable {
    let path: String

    init(_ purpose: String = "test") throws {
        path = NSTemporaryDirectory() + "tideline-\(purpose)-\(UUID().uuidString.prefix(13).lowercased())"
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: attributes)
    }

    /// What stays behind is in the temporary directory anyway.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }
}
