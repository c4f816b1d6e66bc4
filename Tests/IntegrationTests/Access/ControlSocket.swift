import Dispatch
import Glibc

/// HTTP over the control socket of a data directory, one connection a request, byte by byte as a command would.
enum ControlSocket {
    private static let queue = DispatchQueue(label: "test.control", attributes: .concurrent)

    static func send(
        _ method: String, _ path: String, _ body: TestJSON? = nil, to server: ServerProcess
    ) async throws -> HTTPReply {
        let fields = ["Connection": "close", "Content-Type": "application/json"]
        let request = HTTPTestClient.request(
            method, path, host: "localhost", token: nil, fields, body.map { Array($0.text.utf8) })
        let socket = server.data.file("control.sock")
        let answer: [UInt8] = try await withCheckedThrowingContinuation { resume in
            queue.async { resume.resume(with: Result { try exchange(request, at: socket) }) }
        }
        return try reply(answer)
    }

    /// Makes a key for `workspace` and gives its text.
    static func makeKey(
        _ workspace: String, user: String, role: String, lifetime: Int64? = nil, at server: ServerProcess
    ) async throws -> String {
        var body: [String: TestJSON] = ["workspace": .string(workspace), "user": .string(user), "role": .string(role)]
        if let lifetime { body["ttlMs"] = .integer(lifetime) }
        let reply = try await send("POST", "/control/keys", .object(body), to: server)
        guard reply.status == 201, let key = try reply.json["key"].string else {
            throw WaitError(description: "no key: \(reply.status) \(reply.text)")
        }
        return key
    }

    private static func exchange(_ request: [UInt8], at path: String) throws -> [UInt8] {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ConnectionError.system("socket", errno) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try connect(descriptor, path)
        let sent = unsafe request.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else { throw ConnectionError.system("send", errno) }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { return answer }
            guard count > 0 else { throw ConnectionError.system("recv", errno) }
            answer += chunk[..<count]
        }
    }

    private static func connect(_ descriptor: Int32, _ path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ConnectionError.system("path", ENAMETOOLONG)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw ConnectionError.system("connect", errno) }
    }

    private static func reply(_ answer: [UInt8]) throws -> HTTPReply {
        guard let end = answer.end(of: Array("\r\n\r\n".utf8)) else { throw ConnectionError.ended }
        let lines = String(decoding: answer[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let start = lines.first?.split(separator: " "), start.count >= 2, let status = Int(start[1]) else {
            throw FramingError(description: "status line \(lines.first ?? "")")
        }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        return HTTPReply(version: String(start[0]), status: status, headers: headers, body: Array(answer[end...]))
    }
}
