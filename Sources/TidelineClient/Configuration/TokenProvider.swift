/// Why a token is asked for.
public enum TokenPurpose: Sendable, Hashable {
    /// A request is about to be made. A cached token will do.
    case request
    /// The server refused this token: bring another one.
    case refresh(rejected: String)
}

/// Gives the bearer token of the next request; nil sends none. It is asked once for each attempt, never twice at a time for
/// the same purpose. An error counts as a failed attempt and is retried like one.
public typealias TokenProvider = @Sendable (TokenPurpose) async throws -> String?

/// Asks the provider, and lets those who need the same thing at the same time share one answer.
actor TokenDesk {
    private let provider: TokenProvider?
    private var asking: Task<String?, any Error>?
    private var refreshing: Task<String?, any Error>?
    /// The last token that was refused, and what came in its place.
    private var replaced: (rejected: String, fresh: String?)?

    init(_ provider: TokenProvider?) { self.provider = provider }

    /// Whether a 401 can be answered with another token.
    nonisolated var canRefresh: Bool { provider != nil }

    /// - Parameter rejected: the token that the server refused; nil for an ordinary request.
    func token(rejected: String? = nil) async throws -> String? {
        guard let provider else { return nil }
        guard let rejected else {
            if let asking { return try await asking.value }
            let task = Task { try await provider(.request) }
            asking = task
            defer { asking = nil }
            return try await task.value
        }
        if let refreshing { return try await refreshing.value }
        // Another stream was refused with the same token a moment earlier.
        if let replaced, replaced.rejected == rejected { return replaced.fresh }
        let task = Task { try await provider(.refresh(rejected: rejected)) }
        refreshing = task
        defer { refreshing = nil }
        let fresh = try await task.value
        replaced = (rejected, fresh)
        return fresh
    }
}
