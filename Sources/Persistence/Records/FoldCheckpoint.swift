package import Events

/// The state of a fold at one seq, so that a start need not read the whole log.
package struct FoldCheckpoint: Sendable, Equatable {
    package let workspace: WorkspaceKey
    /// The name of the fold, for instance `live`.
    package let fold: String
    /// Of the encoding and the rules; another version rebuilds.
    package let version: Int32
    /// The last event in the state.
    package let sequence: SequenceNumber
    package let state: [UInt8]

    package init(
        workspace: WorkspaceKey, fold: String, version: Int32, sequence: SequenceNumber, state: [UInt8]
    ) {
        self.workspace = workspace
        self.fold = fold
        self.version = version
        self.sequence = sequence
        self.state = state
    }

    /// Covers the state and what says how to read it.
    var checksum: Int64 {
        Int64(Checksum.crc32(Array("\(fold) \(version) \(sequence) ".utf8) + state))
    }
}
