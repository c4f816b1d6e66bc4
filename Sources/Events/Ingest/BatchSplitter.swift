/// Cuts the body of a batch into its items as the bytes arrive.
///
/// Feed pieces of any size with ``receive(_:)``, take items with ``next()`` after each, and call ``finish()`` at the end of
/// the body. Between calls it holds at most one unfinished item, besides those not yet taken.
///
/// - NDJSON: one item a line, LF or CRLF; blank lines are ignored. A malformed line is an item like any other, which
///   its reader refuses.
/// - Array: one JSON array. Each item is scanned here, since a malformed one makes the whole text no array.
package struct BatchSplitter: Sendable {
    package enum Format: Sendable { case ndjson, array }

    package enum Item: Sendable, Equatable {
        case bytes([UInt8])
        /// Longer than `maximumItemBytes`; its bytes are gone.
        case tooLarge
    }

    private enum Place: Sendable {
        case beforeArray, afterOpening, beforeItem, inItem, afterItem, afterArray
    }

    private let format: Format
    private let maximumItems: Int
    private let maximumItemBytes: Int

    private var place: Place
    private var item: [UInt8] = []
    private var isTooLarge = false
    /// Brackets open in the current item of an array.
    private var depth = 0
    private var isInString = false
    private var isAfterBackslash = false
    /// Bytes received so far, for the offsets of errors.
    private var offset = 0
    private var itemCount = 0
    private var ready: [Item] = []
    private var taken = 0

    package init(format: Format, maximumItems: Int = 1_000, maximumItemBytes: Int = 65_536) {
        self.format = format
        self.maximumItems = maximumItems
        self.maximumItemBytes = maximumItemBytes
        place = format == .array ? .beforeArray : .inItem
    }

    /// Takes the next piece of the body.
    package mutating func receive(_ bytes: [UInt8]) throws(BatchError) { try receive(bytes[...]) }

    /// Takes the next piece of the body.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) throws(BatchError) {
        switch format {
        case .ndjson: try receiveLines(bytes)
        case .array: try receiveArray(bytes)
        }
    }

    /// Ends the body; afterwards ``next()`` gives what is left.
    package mutating func finish() throws(BatchError) {
        switch format {
        case .ndjson: try endLine()
        case .array: guard place == .afterArray else { throw .malformed(offset: offset) }
        }
    }

    /// The next finished item; nil until more bytes have come.
    package mutating func next() -> Item? {
        guard taken < ready.count else { return nil }
        defer {
            taken += 1
            if taken == ready.count {
                ready.removeAll(keepingCapacity: true)
                taken = 0
            }
        }
        return ready[taken]
    }

    // MARK: - Items

    private mutating func appendToItem(_ bytes: ArraySlice<UInt8>) {
        guard !isTooLarge else { return }
        // One byte more than an item may have: the CR before a line end, which is not part of it.
        if item.count + bytes.count > maximumItemBytes + (format == .ndjson ? 1 : 0) {
            isTooLarge = true
            item = []
        } else {
            item.append(contentsOf: bytes)
        }
    }

    private mutating func endItem() throws(BatchError) {
        guard itemCount < maximumItems else { throw .tooManyItems(maximum: maximumItems) }
        itemCount += 1
        ready.append(isTooLarge ? .tooLarge : .bytes(item))
        item = []
        isTooLarge = false
    }

    // MARK: - Lines

    private mutating func receiveLines(_ bytes: ArraySlice<UInt8>) throws(BatchError) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            appendToItem(rest[..<end])
            try endLine()
            rest = rest[(end + 1)...]
        }
        appendToItem(rest)
        offset += bytes.count
    }

    private mutating func endLine() throws(BatchError) {
        if item.last == UInt8(ascii: "\r") { item.removeLast() }
        if item.count > maximumItemBytes { isTooLarge = true }
        if !isTooLarge, item.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            item.removeAll(keepingCapacity: true)
        } else {
            try endItem()
        }
    }

    // MARK: - Array

    private mutating func receiveArray(_ bytes: ArraySlice<UInt8>) throws(BatchError) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if place == .inItem {
                let end = endOfItem(in: bytes[index...])
                appendToItem(bytes[index..<end])
                offset += end - index
                index = end
                if place != .inItem { try endArrayItem() }
                continue
            }
            let byte = bytes[index]
            if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
                offset += 1
                index += 1
                continue
            }
            switch (place, byte) {
            case (.beforeArray, UInt8(ascii: "[")): place = .afterOpening
            case (.afterOpening, UInt8(ascii: "]")), (.afterItem, UInt8(ascii: "]")): place = .afterArray
            case (.afterItem, UInt8(ascii: ",")): place = .beforeItem
            case (.afterOpening, _), (.beforeItem, _):
                place = .inItem
                continue
            case (.beforeArray, _), (.afterItem, _), (.afterArray, _), (.inItem, _):
                throw .malformed(offset: offset)
            }
            offset += 1
            index += 1
        }
    }

    /// The index behind the last byte in `bytes` that belongs to the item; leaves ``Place/inItem`` where the item ends.
    private mutating func endOfItem(in bytes: ArraySlice<UInt8>) -> Int {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if isInString {
                if isAfterBackslash {
                    isAfterBackslash = false
                } else if byte == UInt8(ascii: "\\") {
                    isAfterBackslash = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return leaveItem(at: index) }
                    depth -= 1
                    if depth == 0 { return leaveItem(at: index + 1) }
                case UInt8(ascii: ",") where depth == 0: return leaveItem(at: index)
                case 0x20, 0x09, 0x0A, 0x0D: if depth == 0 { return leaveItem(at: index) }
                default: break
                }
            }
            index += 1
        }
        return index
    }

    private mutating func leaveItem(at index: Int) -> Int {
        place = .afterItem
        return index
    }

    private mutating func endArrayItem() throws(BatchError) {
        if !isTooLarge {
            do throws(JSONError) {
                _ = try JSONDocument(
                    scanning: item, limits: JSONLimits(maximumBytes: maximumItemBytes, maximumDepth: maximumItemBytes))
            } catch {
                // A key given twice is a matter of that item; the array is one nevertheless.
                guard error.reason == .duplicateKey else {
                    throw .malformed(offset: max(0, offset - item.count) + error.offset)
                }
            }
        }
        try endItem()
    }
}

/// Why a whole batch is refused; nothing of it is stored.
package enum BatchError: Error, Sendable, Equatable {
    /// 400 `invalid_json`: the body is no JSON array; `offset` in bytes.
    case malformed(offset: Int)
    /// 400 `invalid_batch`.
    case tooManyItems(maximum: Int)
}
