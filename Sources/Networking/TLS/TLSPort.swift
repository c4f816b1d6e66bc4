import COpenSSL
import Glibc

/// The way of OpenSSL to a socket: one BIO for all TLS connections of a loop, pointed at the connection whose turn it is.
///
/// Reads go straight to the socket; what is to be sent collects here and leaves in one system call when OpenSSL returns. So no
/// connection owns a BIO, nor a buffer in one. Confined to its loop.
@safe final class TLSPort {
    /// The socket whose session works now.
    fileprivate var descriptor: Int32 = -1
    /// Records that OpenSSL has made and the socket has not seen.
    fileprivate(set) var outgoing: [UInt8] = []
    /// How the last read from the socket ended, unless it brought bytes.
    fileprivate(set) var readFailure: Transfer?
    private let bio: OpaquePointer

    /// One table of functions for the life of the process, as OpenSSL wants it.
    private static let method = TLSPortMethod()

    init() {
        guard let bio = unsafe BIO_new(TLSPort.method.pointer) else { preconditionFailure("OpenSSL has no memory") }
        unsafe self.bio = bio
        outgoing.reserveCapacity(EventLoop.bufferBytes + 1024)
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
    }

    deinit { _ = unsafe BIO_free(bio) }

    /// Joins a session to the port; the session gives its references back when it is freed.
    func join(_ session: OpaquePointer) {
        unsafe BIO_up_ref(bio)
        unsafe SSL_set_bio(session, bio, bio)
    }

    /// Lets one session work on its socket.
    func use<Result>(_ descriptor: Int32, _ work: () -> Result) -> Result {
        self.descriptor = descriptor
        readFailure = nil
        ERR_clear_error()
        return work()
    }

    /// Takes the records made so far.
    /// - Parameter send: says how many of the bytes were sent.
    /// - Returns: the rest.
    func takeOutgoing(_ send: (UnsafeRawBufferPointer) -> Int) -> [UInt8] {
        guard !outgoing.isEmpty else { return [] }
        let sent = unsafe outgoing.withUnsafeBytes { unsafe send($0) }
        defer { outgoing.removeAll(keepingCapacity: true) }
        return sent >= outgoing.count ? [] : Array(outgoing[max(0, sent)...])
    }
}

@available(*, unavailable) extension TLSPort: Sendable {}

/// The functions behind the BIO.
// Sendable: written once, before anybody reads it.
@safe private final class TLSPortMethod: @unchecked Sendable {
    let pointer: OpaquePointer

    init() {
        guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tideline loop") else {
            preconditionFailure("OpenSSL has no memory")
        }
        unsafe pointer = method
        unsafe BIO_meth_set_read_ex(method) { bio, buffer, count, taken in
            unsafe TLSPortMethod.port(of: bio)?.read(bio, buffer, count, taken) ?? 0
        }
        unsafe BIO_meth_set_write_ex(method) { bio, buffer, count, taken in
            guard let port = unsafe TLSPortMethod.port(of: bio), let buffer = unsafe buffer else { return 0 }
            unsafe port.outgoing.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: count))
            unsafe taken?.pointee = count
            return 1
        }
        unsafe BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            // Nothing is held back by the BIO itself.
            case BIO_CTRL_FLUSH, BIO_CTRL_DUP: 1
            case BIO_CTRL_EOF: unsafe TLSPortMethod.port(of: bio)?.readFailure == .ended ? 1 : 0
            default: 0
            }
        }
    }

    private static func port(of bio: OpaquePointer?) -> TLSPort? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<TLSPort>.fromOpaque(data).takeUnretainedValue()
    }
}

extension TLSPort {
    fileprivate func read(
        _ bio: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int, _ taken: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        unsafe tideline_bio_clear_retry(bio)
        let outcome = unsafe SystemCall.receive(
            descriptor, into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
        if case .moved(let bytes) = outcome {
            unsafe taken?.pointee = bytes
            return 1
        }
        readFailure = outcome
        if outcome == .wouldBlock { unsafe tideline_bio_retry_read(bio) }
        return 0
    }
}
