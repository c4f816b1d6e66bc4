package import Events

/// The frames of consecutive events of one workspace, encoded once and shared by every loop and stream.
///
/// All frames lie back to back in one run of bytes, each already wrapped as one HTTP/1.1 chunk, so a stream that may see
/// them all is served by a single `iovec`, however many there are:
/// ```
/// 001a3 CR LF | id: …  event: event  data: …  LF LF | CR LF   001b0 CR LF | …
/// └ prefix 7 ┘ └────────── plain bytes ────────────┘ └ 2 ┘
/// ```
/// A close-delimited stream (HTTP/1.0) is sent the plain bytes alone. Immutable; the sequences are gapless.
package final class FrameBlock: Sendable {
    /// Where one frame lies in ``FrameBlock/bytes``.
    package struct Entry: Sendable {
        /// Offset of the frame's chunk prefix.
        package let start: Int
        /// Length of the chunk, prefix and trailing CR LF included.
        package let length: Int
        /// Which of ``FrameBlock/audiences`` may see it; −1: everyone in the workspace.
        package let audience: Int32
    }

    package let workspace: WorkspaceKey
    /// The seq of the first entry.
    package let first: SequenceNumber
    /// The seq that follows the block; more than `first + entries.count` where a page ends with a hole that the log has.
    package let end: SequenceNumber
    package let entries: ContiguousArray<Entry>
    /// The type of each entry, for filters.
    package let types: ContiguousArray<EventType>
    package let audiences: [Audience]
    package let bytes: ContiguousArray<UInt8>

    init(
        workspace: WorkspaceKey, first: SequenceNumber, entries: ContiguousArray<Entry>,
        types: ContiguousArray<EventType>, audiences: [Audience], bytes: ContiguousArray<UInt8>
    ) {
        self.workspace = workspace
        self.first = first
        self.end = first + SequenceNumber(entries.count)
        self.entries = entries
        self.types = types
        self.audiences = audiences
        self.bytes = bytes
    }

    /// What the block costs in memory, in bytes; the figure that the replay budget counts.
    package var cost: Int { bytes.count + entries.count * 48 + 256 }
}

/// The users who may see an event of a private channel, as numbers of the workspace's ``UserNumbers``.
package struct Audience: Sendable, Equatable {
    /// Ascending.
    private let members: ContiguousArray<Int32>

    package init(_ members: some Sequence<Int32>) {
        self.members = ContiguousArray(members.sorted())
    }

    package func contains(_ user: Int32) -> Bool {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle] < user { low = middle + 1 } else { high = middle }
        }
        return low < members.count && members[low] == user
    }
}
