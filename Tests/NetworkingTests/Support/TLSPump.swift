import COpenSSL
import Foundation
import Glibc
import Networking
import Testing

/// A certificate of our own for the tests, made once by openssl(1).
enum TestCertificate {
    static let identities: Result<[TLSContext.Identity], any Error> = Result {
        try ["localhost", "second.example"].map(make)
    }

    /// A context that serves `localhost` first, and `second.example`.
    static func context(protocols: [String] = ["http/1.1"]) throws -> TLSContext {
        try TLSContext(try identities.get(), protocols: protocols)
    }

    private static func make(_ name: String) throws -> TLSContext.Identity {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tideline-tls-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let identity = TLSContext.Identity(
            certificatePath: "\(folder)/\(name).pem", keyPath: "\(folder)/\(name).key")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", identity.keyPath, "-out",
            identity.certificatePath,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return identity
    }
}

/// The client's half of TLS, on a thread of its own: what goes in at `plain` in clear goes out at `secure` encrypted, and back.
@safe final class TLSPump: @unchecked Sendable {
    private let plain: Int32
    private let secure: Int32
    private let session: OpaquePointer
    private let context: OpaquePointer

    /// Owns both descriptors.
    init(plain: Int32, secure: Int32, serverName: String? = nil, maximumVersion: Int32 = TLS1_3_VERSION) throws {
        self.plain = plain
        self.secure = secure
        let made = unsafe SSL_CTX_new(TLS_client_method())
        unsafe context = try unsafe #require(made)
        _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil)
        let opened = unsafe SSL_new(context)
        unsafe session = try unsafe #require(opened)
        unsafe SSL_set_fd(session, secure)
        if let serverName {
            _ = unsafe serverName.withCString { name in
                unsafe SSL_ctrl(
                    session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutableRawPointer(mutating: name))
            }
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
        close(plain)
        close(secure)
    }

    func run() {
        guard unsafe SSL_connect(session) == 1 else { return }
        _ = fcntl(plain, F_SETFL, O_NONBLOCK)
        _ = fcntl(secure, F_SETFL, O_NONBLOCK)
        var waiting = [
            pollfd(fd: plain, events: Int16(POLLIN), revents: 0), pollfd(fd: secure, events: Int16(POLLIN), revents: 0),
        ]
        while inward(&waiting[1]), outward(&waiting[0]) { unsafe poll(&waiting, 2, -1) }
    }

    /// Decrypts what is there.
    private func inward(_ secure: inout pollfd) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe SSL_read(session, &buffer, 16_384)
            if count <= 0 {
                let error = unsafe SSL_get_error(session, count)
                if error == SSL_ERROR_WANT_READ { return true }
                shutdown(plain, Int32(SHUT_WR))
                // The other half may still have something to say.
                secure.fd = -1
                return error == SSL_ERROR_ZERO_RETURN
            }
            write(buffer[..<Int(count)])
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { unsafe send(plain, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else {
                var room = pollfd(fd: plain, events: Int16(POLLOUT), revents: 0)
                guard errno == EAGAIN, unsafe poll(&room, 1, -1) > 0 else { return }
            }
        }
    }

    /// Encrypts what is there.
    private func outward(_ waiting: inout pollfd) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe recv(plain, &buffer, buffer.count, 0)
        if count == 0, waiting.fd >= 0 {
            waiting.fd = -1
            unsafe SSL_shutdown(session)
            return true
        }
        guard count > 0 else { return true }
        while unsafe SSL_write(session, buffer, Int32(count)) <= 0 {
            var room = pollfd(fd: secure, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&room, 1, -1) > 0 else { return false }
        }
        return true
    }
}
