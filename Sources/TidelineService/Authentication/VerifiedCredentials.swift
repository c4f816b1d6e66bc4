import Access

/// The tokens that were verified on one loop, apart by purpose: what verified as one kind is worthless as the other
/// (RFC 8725 §3.12), and a cache that knew only the bytes would forget which it was.
struct VerifiedCredentials {
    /// Tokens of `Authorization: Bearer`.
    var bearers = VerifiedTokens()
    /// Contents of session cookies.
    var sessions = VerifiedTokens()
}
