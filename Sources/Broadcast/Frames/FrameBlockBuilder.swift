package import Events

/// Encodes committed events into one ``FrameBlock``: once per event, for every stream of the workspace.
///
/// Used on the log writer's thread for live groups and on a query thread for replayed pages.
package struct FrameBlockBuilder {
    private let workspace: WorkspaceKey
    private let workspaceID: WorkspaceID
    private let epoch: Epoch
    private let idPrefix: [UInt8]
    private var first: SequenceNumber = 0
    private var entries: ContiguousArray<FrameBlock.Entry> = []
    private var types: ContiguousArray<EventType> = []
    private var audiences: [Audience] = []
    private var bytes: ContiguousArray<UInt8> = []
    private var envelope: [UInt8] = []

    package init(workspace: WorkspaceKey, workspaceID: WorkspaceID, epoch: Epoch) {
        self.workspace = workspace
        self.workspaceID = workspaceID
        self.epoch = epoch
        idPrefix = Array("id: \(epoch.text)-".utf8)
    }

    /// Bytes encoded so far.
    package var byteCount: Int { bytes.count }
    /// The seq that must come next; 0 while the block is empty.
    package var next: SequenceNumber { first + SequenceNumber(entries.count) }

    /// Adds `event`, whose seq must follow the one before.
    /// - Parameter audience: nil: everyone in the workspace.
    package mutating func append(_ event: Event, audience: Audience?) {
        if entries.isEmpty { first = event.sequence }
        precondition(event.sequence == next, "a frame block holds consecutive sequences")
        let start = bytes.count
        envelope.removeAll(keepingCapacity: true)
        EnvelopeEncoder.append(event, workspaceID: workspaceID, epoch: epoch, to: &envelope)
        ChunkFraming.append(to: &bytes) { bytes in
            bytes.append(contentsOf: idPrefix)
            appendDecimal(event.sequence, to: &bytes)
            bytes.append(contentsOf: Self.eventAndData)
            bytes.append(contentsOf: envelope)
            bytes.append(10)
            bytes.append(10)
        }
        entries.append(
            .init(start: start, length: bytes.count - start, audience: audience.map { number(of: $0) } ?? -1))
        types.append(event.type)
    }

    /// The block; nil when nothing was appended.
    package consuming func finish() -> FrameBlock? {
        guard !entries.isEmpty else { return nil }
        return FrameBlock(
            workspace: workspace, first: first, entries: entries, types: types, audiences: audiences, bytes: bytes)
    }

    private mutating func number(of audience: Audience) -> Int32 {
        if let known = audiences.lastIndex(of: audience) { return Int32(known) }
        audiences.append(audience)
        return Int32(audiences.count - 1)
    }

    private static let eventAndData = Array("\nevent: event\ndata: ".utf8)
}

/// Appends `value` in decimal, without a String.
package func appendDecimal<Bytes: RangeReplaceableCollection>(_ value: Int64, to bytes: inout Bytes)
where Bytes.Element == UInt8 {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var magnitude = value.magnitude
    var digits: InlineArray<20, UInt8> = .init(repeating: 0)
    var count = 0
    repeat {
        digits[count] = 48 + UInt8(magnitude % 10)
        magnitude /= 10
        count += 1
    } while magnitude > 0
    while count > 0 {
        count -= 1
        bytes.append(digits[count])
    }
}
