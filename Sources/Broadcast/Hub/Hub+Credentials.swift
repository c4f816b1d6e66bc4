/// Ending the streams of a credential that was itself ended: a session signed out, an API key revoked.
extension Hub {
    /// Closes every stream that was opened by the credential of that tag, in all workspaces, with `closing {auth_expired}`.
    ///
    /// The credential must count as ended before this is called: a stream that was being opened on a loop is then either
    /// refused there or, since the loops take this up in turn, found here.
    package func closeStreams(ofCredential tag: UInt64) {
        guard tag != 0 else { return }
        for shard in 0..<shardCount { perform(on: shard) { $0.closeStreams(ofCredential: tag) } }
    }
}

extension Shard {
    /// Looks at every stream of the loop, a few bytes each: nothing is kept for what happens this seldom.
    func closeStreams(ofCredential tag: UInt64) {
        for slot in slots.indices where records[slot]?.credentialTag == tag { close(slot, .authExpired) }
    }
}
