package import Events

/// One `stats` event, encoded once per workspace and sample and shared by every stream of the workspace.
package final class StatsFrame: Sendable {
    /// The seq that the figures cover.
    package let asOf: SequenceNumber
    /// The `stats` event as one chunk; its plain bytes lie between the framing.
    package let bytes: ContiguousArray<UInt8>

    /// - Parameter json: the flat object of the figures.
    package init(asOf: SequenceNumber, json: [UInt8]) {
        self.asOf = asOf
        var bytes = ContiguousArray<UInt8>()
        ChunkFraming.append(to: &bytes) { $0.append(contentsOf: ControlFrames.stats(json)) }
        self.bytes = bytes
    }
}

/// Gives the newest figures of a workspace; joined to the projections by the composition root.
package protocol StatsSource: Sendable {
    /// The figures at `now` (wall clock): computed when the head moved or the second changed, else the same frame again.
    /// Callable on any loop; takes a brief lock and does no I/O.
    /// - Returns: nil while the workspace's figures are being rebuilt.
    func frame(for workspace: WorkspaceKey, at now: Milliseconds) -> StatsFrame?
}
