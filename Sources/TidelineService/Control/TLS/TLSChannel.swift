import COpenSSL
import Glibc

/// TLS over a connected, blocking socket, as a client that verifies: the chain, the host's name, its time.
///
/// Owned by one ``ProbeConnection`` and used by one thread. What the socket's time-out ends is `.timedOut`.
@safe
final class TLSChannel {
    /// Why there is no trusted channel.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let context: OpaquePointer
    private let session: OpaquePointer
    private let socket: ClientSocket
    private var chunk = [UInt8](repeating: 0, count: 16_384)

    /// Shakes hands.
    /// - Parameters:
    ///   - host: must be in the certificate; also sent as SNI unless it is an address.
    ///   - authorities: a PEM file of trusted authorities instead of the system's.
    ///   - protocols: offered by ALPN, the preferred one first.
    init(
        over socket: ClientSocket, host: String, authorities: String?, protocols: [String]
    ) throws(Failure) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()), let session = unsafe SSL_new(context) else {
            throw Failure(description: "OpenSSL: \(Self.queuedError())")
        }
        unsafe self.context = context
        unsafe self.session = session
        self.socket = socket
        try prepare(host: host, authorities: authorities, protocols: protocols)
        guard unsafe SSL_connect(session) == 1 else { throw Failure(description: refusal()) }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    private func prepare(host: String, authorities: String?, protocols: [String]) throws(Failure) {
        if let authorities {
            guard unsafe SSL_CTX_load_verify_file(context, authorities) == 1 else {
                throw Failure(description: "\(authorities) holds no certificates: \(Self.queuedError())")
            }
        } else {
            unsafe SSL_CTX_set_default_verify_paths(context)
        }
        _ = unsafe tideline_ssl_set_min_version(session, TLS1_2_VERSION)
        unsafe SSL_set_verify(session, SSL_VERIFY_PEER, nil)
        let isAddress = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
        if !isAddress {
            guard unsafe SSL_set1_host(session, host) == 1, unsafe tideline_ssl_set_host_name(session, host) == 1 else {
                throw Failure(description: "\(host) is no name for a certificate")
            }
        }
        let list = protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) }
        _ = unsafe SSL_set_alpn_protos(session, list, UInt32(list.count))
        _ = unsafe SSL_set_fd(session, socket.descriptor)
    }

    // MARK: What was agreed

    /// `TLSv1.3`
    var version: String { unsafe String(cString: SSL_get_version(session)) }

    /// What ALPN chose; nil when the server chose nothing.
    var alpn: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &name, &count)
        guard let name = unsafe name, count > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// Whole days until the certificate expires; negative afterwards.
    var daysLeft: Int? {
        guard let certificate = unsafe SSL_get0_peer_certificate(session) else { return nil }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard unsafe ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1 else { return nil }
        return Int(days)
    }

    // MARK: Bytes

    func send(_ bytes: [UInt8]) throws(ClientFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe SSL_write(session, $0.baseAddress, Int32(clamping: $0.count))
            }
            guard count > 0 else { throw failure(count) }
            rest = rest.dropFirst(Int(count))
        }
    }

    /// What has come since, at least one byte; empty when the peer has closed.
    func receive() throws(ClientFailure) -> ArraySlice<UInt8> {
        let count = unsafe SSL_read(session, &chunk, Int32(chunk.count))
        if count > 0 { return chunk[..<Int(count)] }
        if unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN { return [] }
        throw failure(count)
    }

    // MARK: Failures

    private func failure(_ result: Int32) -> ClientFailure {
        let code = errno
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .timedOut(socket.address)
        case SSL_ERROR_SYSCALL where code == EAGAIN: return .timedOut(socket.address)
        case SSL_ERROR_SYSCALL where code != 0: return .broken(socket.address, errno: code)
        default: return .closed(socket.address)
        }
    }

    private func refusal() -> String {
        let verdict = unsafe SSL_get_verify_result(session)
        if verdict != Int(X509_V_OK) {
            return "the certificate is not trusted: \(unsafe String(cString: X509_verify_cert_error_string(verdict)))"
        }
        return "no TLS: \(Self.queuedError())"
    }

    private static func queuedError() -> String {
        let code = ERR_get_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return "the connection ended" }
        return unsafe String(cString: reason)
    }
}
