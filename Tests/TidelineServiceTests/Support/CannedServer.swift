import Foundation
import Glibc
import Synchronization

/// A tiny HTTP server for the clients' tests: one connection at a time on a thread, answered by a closure, byte for byte.
final class CannedServer: Sendable {
    struct Request: Sendable {
        let line: String
        let head: String
        let body: [UInt8]
        /// From 1: which connection it came over.
        let connection: Int

        var method: String { String(line.prefix { $0 != " " }) }
        var target: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    /// What is written back; an empty one closes the connection without a word.
    typealias Answer = @Sendable (Request) -> [UInt8]

    let path: String
    private let listener: Int32
    private let seen = Mutex<[Request]>([])
    private let answer: Answer

    /// Listens on a Unix socket in a directory of its own.
    /// - Parameter closesAfterEach: whether every connection carries one request only, without saying so.
    init(closesAfterEach: Bool = false, answer: @escaping Answer) throws {
        self.answer = answer
        path = "/tmp/tideline-\(UUID().uuidString.prefix(13)).sock"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread { [self] in
            var count = 0
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0 { return }
                count += 1
                let number = count
                Thread.detachNewThread { self.serve(descriptor, number, closesAfterEach) }
            }
        }
    }

    deinit { unsafe unlink(path) }

    var requests: [Request] { seen.withLock { $0 } }

    /// Ends the listener; open connections end with their clients.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ descriptor: Int32, _ number: Int, _ closesAfterEach: Bool) {
        defer { close(descriptor) }
        var buffer: [UInt8] = []
        while let request = read(descriptor, &buffer, number) {
            seen.withLock { $0.append(request) }
            let bytes = answer(request)
            if bytes.isEmpty { return }
            unsafe bytes.withUnsafeBytes { _ = unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if closesAfterEach { return }
        }
    }

    private func read(_ descriptor: Int32, _ buffer: inout [UInt8], _ number: Int) -> Request? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                let lines = head.split(separator: "\r\n")
                let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
                if buffer.count >= end.upperBound + length {
                    let body = Array(buffer[end.upperBound..<(end.upperBound + length)])
                    buffer.removeFirst(end.upperBound + length)
                    return Request(line: String(lines[0]), head: head, body: body, connection: number)
                }
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            if count <= 0 { return nil }
            buffer += chunk[..<count]
        }
    }

    /// A complete answer with Content-Length.
    static func reply(_ status: Int, _ body: String, fields: [String] = []) -> [UInt8] {
        let lines = ["HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)"] + fields
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }
}
