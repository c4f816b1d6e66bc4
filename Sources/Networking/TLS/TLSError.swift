import COpenSSL

/// Why TLS cannot be offered, for the operator: what was tried, and OpenSSL's own words.
package struct TLSError: Error, Sendable, CustomStringConvertible {
    package let description: String

    /// The last error of this thread, which is taken off OpenSSL's queue.
    static func current(_ action: String) -> TLSError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else {
            return TLSError(description: action)
        }
        return unsafe TLSError(description: "\(action) (\(String(cString: reason)))")
    }
}
