package import Events

/// What a client asks for when it opens a stream, after authentication.
package struct StreamRequest: Sendable {
    package var user: UserID
    /// False for an operator, who is no member and in no figure.
    package var isCounted: Bool
    package var address: String
    /// A browser's EventSource (cookie or ticket): stops for good at any status but 200, so limits are told on a stream.
    package var isBrowser: Bool
    /// When the credential ends, wall clock; nil: never.
    package var expiresAt: Milliseconds?
    /// Stands for a credential that can be ended earlier, with all its streams; 0: for none.
    package var credentialTag: UInt64
    /// `Last-Event-ID`; nil: a fresh stream.
    package var resume: StreamPosition?
    package var filter: TypeFilter?
    package var wantsStats: Bool
    package var wantsEvents: Bool
    /// False: close-delimited (HTTP/1.0).
    package var isChunked: Bool
    /// ``WorkspaceRegistry/closeGeneration`` as it was before authorisation.
    package var closeGeneration: UInt64

    package init(
        user: UserID, isCounted: Bool = true, address: String, isBrowser: Bool, expiresAt: Milliseconds?,
        credentialTag: UInt64 = 0,
        resume: StreamPosition?,
        filter: TypeFilter?, wantsStats: Bool, wantsEvents: Bool, isChunked: Bool, closeGeneration: UInt64
    ) {
        self.user = user
        self.isCounted = isCounted
        self.address = address
        self.isBrowser = isBrowser
        self.expiresAt = expiresAt
        self.credentialTag = credentialTag
        self.resume = resume
        self.filter = filter
        self.wantsStats = wantsStats
        self.wantsEvents = wantsEvents
        self.isChunked = isChunked
        self.closeGeneration = closeGeneration
    }
}

/// Whether a stream may be opened now.
package enum Admission: Sendable, Equatable {
    case open
    /// A limit is reached and the client is a service: 503 `capacity` with `Retry-After`.
    case busy(retryMilliseconds: Int)
    /// The answer is a complete short stream with status 200: `retry:` and `closing`, then its end.
    case turnedAway(CloseReason, retryMilliseconds: Int)
    /// 204: an admin closed this user's streams for good.
    case ended
}
