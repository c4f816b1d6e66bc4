import Access

/// The tokens that were verified on one loop, apart by purpose: what verified as one kind is worthless as the other
/// (RFC 8725 §3.12), and a cache that knew only the bytes would forget which it was.
struct VerifiedCredentials {
    /// Tokens of `Authorization: Bearer`.
    var bearers = VerifiedTokens()
    /// Contents of session cookies.
    var sessions = VerifiedTokens()
    /// The verifier of ``bearers``, as it was when this loop last looked.
    private var known: (verifier: TokenVerifier, generation: Int)?

    init() {}

    /// The verifier in force; forgets what an earlier one has verified.
    mutating func verifier(_ current: CurrentVerifier) -> TokenVerifier {
        if let known, known.generation == current.generation { return known.verifier }
        let fresh = current.value
        known = fresh
        bearers.removeAll()
        sessions.removeAll()
        return fresh.verifier
    }
}
