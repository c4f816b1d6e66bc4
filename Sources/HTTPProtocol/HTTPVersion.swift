/// The versions this module speaks on a plain byte stream (RFC 9112 §2.3).
package enum HTTPVersion: Hashable, Sendable {
    /// Closes by default, has neither chunks nor a required Host.
    case http10
    case http11
}
