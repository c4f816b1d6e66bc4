import COpenSSL
import Glibc

/// TLS on one connection; confined to the connection's loop.
///
/// OpenSSL never finds the socket full: what it has to send is taken in whole, and what the socket does not take at once waits
/// here, in ``pending``, before anything else is encrypted. So a write is either taken or not begun, and there is no
/// half-made record to repeat.
@safe final class TLSSession {
    enum Handshake: Equatable {
        case goesOn
        case done
        case failed(String)
    }

    /// Whether application bytes may flow.
    private(set) var isEstablished = false
    /// Whether the first message of the client was read: the costly half of a handshake follows it.
    private(set) var hasBegun = false
    /// Records that the socket did not take.
    private(set) var pending: [UInt8] = []
    private var pendingOffset = 0
    private var hasSaidGoodbye = false
    private let session: OpaquePointer
    /// Kept because its callbacks serve this session.
    private let context: TLSContext
    private let port: TLSPort
    private let descriptor: Int32

    /// - Returns: nil when OpenSSL has no memory.
    init?(_ context: TLSContext, port: TLSPort, descriptor: Int32) {
        guard let session = unsafe context.makeSession() else { return nil }
        unsafe self.session = session
        self.context = context
        self.port = port
        self.descriptor = descriptor
        unsafe port.join(session)
        unsafe SSL_set_accept_state(session)
    }

    deinit { unsafe SSL_free(session) }

    // MARK: Handshake

    func shakeHands() -> Handshake {
        hasBegun = true
        let outcome = port.use(descriptor) { unsafe SSL_do_handshake(session) }
        let error = outcome == 1 ? SSL_ERROR_NONE : unsafe SSL_get_error(session, outcome)
        let reason = error == SSL_ERROR_SSL ? TLSError.current("handshake").description : ""
        // An alert tells the client why, also when it fails.
        _ = sendOutgoing()
        switch error {
        case SSL_ERROR_NONE:
            isEstablished = true
            return .done
        case SSL_ERROR_WANT_READ: return .goesOn
        case SSL_ERROR_SSL: return .failed(reason)
        default: return .failed("the client left during the handshake")
        }
    }

    /// What ALPN came to, such as `h2`; nil without ALPN.
    var applicationProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &name, &length)
        guard let start = unsafe name, length > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
    }

    // MARK: Bytes

    /// Decrypts what is there; one record at the most.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = port.use(descriptor) {
            unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        }
        let error = count > 0 ? SSL_ERROR_NONE : unsafe SSL_get_error(session, count)
        // Answers to the protocol's own messages, such as key updates.
        if case .failed(let code) = sendOutgoing() { return .failed(code) }
        switch error {
        case SSL_ERROR_NONE: return .moved(Int(count))
        case SSL_ERROR_WANT_READ: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL: return port.readFailure ?? .ended
        default:
            ERR_clear_error()
            return .failed(EPROTO)
        }
    }

    /// Encrypts and sends; taken whole, unless earlier records still wait.
    func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        guard isEstablished else { return .failed(EPROTO) }
        if hasPending {
            let outcome = flushPending()
            guard outcome == .moved(0) else { return outcome }
        }
        var taken = 0
        while taken < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[taken...])
            let count = port.use(descriptor) {
                unsafe SSL_write(session, rest.baseAddress, Int32(clamping: rest.count))
            }
            guard count > 0 else {
                ERR_clear_error()
                return .failed(EPROTO)
            }
            taken += Int(count)
        }
        if case .failed(let code) = sendOutgoing() { return .failed(code) }
        return .moved(taken)
    }

    /// Says that we send no more (RFC 8446 §6.1). Once.
    func sayGoodbye() {
        guard isEstablished, !hasSaidGoodbye else { return }
        hasSaidGoodbye = true
        _ = port.use(descriptor) { unsafe SSL_shutdown(session) }
        _ = sendOutgoing()
    }

    // MARK: Records

    var hasPending: Bool { pendingOffset < pending.count }
    var pendingBytes: Int { pending.count - pendingOffset }

    /// Sends the records that waited.
    /// - Returns: `.moved(0)` when none is left.
    func flushPending() -> Transfer {
        while hasPending {
            let outcome = unsafe pending.withUnsafeBytes {
                unsafe SystemCall.send(descriptor, UnsafeRawBufferPointer(rebasing: $0[pendingOffset...]))
            }
            guard case .moved(let count) = outcome else { return outcome }
            pendingOffset += count
        }
        pending = []
        pendingOffset = 0
        return .moved(0)
    }

    private func sendOutgoing() -> Transfer {
        var outcome = Transfer.moved(0)
        let hadPending = hasPending
        let left = unsafe port.takeOutgoing { records in
            // In order: behind records that wait, these wait too.
            if hadPending { return 0 }
            outcome = unsafe SystemCall.send(descriptor, records)
            if case .moved(let count) = outcome { return count }
            return 0
        }
        pending += left
        return outcome
    }
}

@available(*, unavailable) extension TLSSession: Sendable {}
