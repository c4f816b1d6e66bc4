import COpenSSL
import Glibc

/// What a server needs to speak TLS: its certificates and keys, and the rules of the protocol. Immutable; a new certificate is a
/// new context, and sessions keep the one they began with.
///
/// TLS 1.2 and 1.3, AEAD ciphers only, no compression, no renegotiation. Sessions are resumed by tickets, so the server
/// remembers none.
// Sendable, though the compiler cannot see it: OpenSSL counts references to an SSL_CTX atomically and locks what it changes, and
// after init nothing here changes it (openssl-threads(7)).
@safe package final class TLSContext: @unchecked Sendable {
    /// A certificate chain with its private key, both PEM files; the chain begins with the server's own certificate.
    package struct Identity: Sendable, Equatable {
        package let certificatePath: String
        package let keyPath: String

        package init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    /// One for each identity; the first serves clients that name no server, or none that we know.
    private let contexts: [OpaquePointer]
    /// What we speak, most wanted first, as ALPN writes it: a length byte, then the name (RFC 7301 §3.1).
    private let protocols: [UInt8]

    /// - Parameters:
    ///   - identities: at least one; the server name of a client decides (RFC 6066 §3).
    ///   - protocols: the names for ALPN, most wanted first.
    /// - Throws: what the operator should mend, with the path.
    package init(_ identities: [Identity], protocols: [String] = ["http/1.1"]) throws(TLSError) {
        precondition(!identities.isEmpty, "TLS needs a certificate")
        self.protocols = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        var contexts: [OpaquePointer] = unsafe []
        do throws(TLSError) {
            for identity in identities { unsafe contexts.append(try Self.makeContext(identity)) }
        } catch {
            for index in unsafe contexts.indices { unsafe SSL_CTX_free(contexts[index]) }
            throw error
        }
        unsafe self.contexts = contexts
        for index in unsafe contexts.indices { unsafe installCallbacks(self.contexts[index]) }
    }

    deinit {
        for index in unsafe contexts.indices { unsafe SSL_CTX_free(contexts[index]) }
    }

    /// A session that has not said anything yet.
    func makeSession() -> OpaquePointer? { unsafe SSL_new(contexts[0]) }

    // MARK: Making one

    private static func makeContext(_ identity: Identity) throws(TLSError) -> OpaquePointer {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw TLSError.current("SSL_CTX_new") }
        do throws(TLSError) {
            unsafe try load(identity, into: context)
            unsafe try configure(context)
            return unsafe context
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
    }

    private static func load(_ identity: Identity, into context: OpaquePointer) throws(TLSError) {
        guard unsafe SSL_CTX_use_certificate_chain_file(context, identity.certificatePath) == 1 else {
            throw .current("\(identity.certificatePath): not a chain of PEM certificates that can be read")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(context, identity.keyPath, SSL_FILETYPE_PEM) == 1 else {
            throw .current("\(identity.keyPath): not a PEM private key that can be read, or not the certificate's")
        }
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw .current("\(identity.keyPath): not the key of \(identity.certificatePath)")
        }
    }

    private static func configure(_ context: OpaquePointer) throws(TLSError) {
        unsafe SSL_CTX_set_options(context, tideline_ssl_server_options)
        _ = unsafe tideline_ssl_ctx_set_mode(context, tideline_ssl_server_mode)
        // Tickets hold the sessions, so no cache of ours can fill up.
        _ = unsafe tideline_ssl_ctx_set_session_cache_mode(context, 0)
        unsafe SSL_CTX_set_num_tickets(context, 1)
        _ = unsafe SSL_CTX_set_timeout(context, 7_200)
        var name = Array("tideline".utf8)
        guard unsafe SSL_CTX_set_session_id_context(context, &name, UInt32(name.count)) == 1,
            unsafe tideline_ssl_ctx_set_min_version(context, TLS1_2_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
            unsafe tideline_ssl_ctx_set_groups(context, "X25519:P-256:P-384") == 1
        else { throw .current("OpenSSL refuses the rules of the protocol") }
    }
}

// MARK: - What the client says

extension TLSContext {
    /// The callbacks find this object again by its address; a session holds it as long as it can call them.
    private func installCallbacks(_ context: OpaquePointer) {
        let reference = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, chosenLength, offered, offeredLength, argument in
                guard let argument = unsafe argument, let offered = unsafe offered else { return SSL_TLSEXT_ERR_NOACK }
                let context = unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
                return unsafe context.choose(
                    among: UnsafeBufferPointer(start: offered, count: Int(offeredLength)), chosen, chosenLength)
            }, reference)
        unsafe tideline_ssl_ctx_set_server_name_callback(
            context,
            { session, _, argument in
                guard let session = unsafe session, let argument = unsafe argument else { return SSL_TLSEXT_ERR_NOACK }
                return unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue().serve(session)
            }, reference)
    }

    /// ALPN: our most wanted protocol among those offered; none in common ends the handshake (RFC 7301 §3.2).
    private func choose(
        among offered: UnsafeBufferPointer<UInt8>, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ chosenLength: UnsafeMutablePointer<UInt8>?
    ) -> Int32 {
        var own = protocols[...]
        while let length = own.first {
            let name = own.dropFirst().prefix(Int(length))
            own = own.dropFirst(1 + Int(length))
            var start = 0
            while start < offered.count {
                let size = unsafe Int(offered[start])
                guard start + 1 + size <= offered.count else { break }
                let candidate = unsafe UnsafeBufferPointer(rebasing: offered[(start + 1)..<(start + 1 + size)])
                if unsafe candidate.elementsEqual(name) {
                    unsafe chosen?.pointee = candidate.baseAddress
                    unsafe chosenLength?.pointee = UInt8(size)
                    return SSL_TLSEXT_ERR_OK
                }
                start += 1 + size
            }
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

    /// The identity whose certificate is for the name that the client asked for; without one the first stays.
    private func serve(_ session: OpaquePointer) -> Int32 {
        guard unsafe contexts.count > 1, let name = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name) else {
            return SSL_TLSEXT_ERR_OK
        }
        let match = unsafe contexts.first { context in
            unsafe X509_check_host(SSL_CTX_get0_certificate(context), name, 0, 0, nil) == 1
        }
        if let match = unsafe match { unsafe SSL_set_SSL_CTX(session, match) }
        return SSL_TLSEXT_ERR_OK
    }
}
