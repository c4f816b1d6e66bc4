import Events

/// An event as a row of comma-separated values (RFC 4180): quoted where needed, quotes doubled, CRLF behind each row.
enum CSVRow {
    static let columns = [
        "seq", "id", "eventId", "workspaceId", "eventType", "userId", "sessionId", "occurredAt", "receivedAt",
        "entityType", "entityId", "eventData",
    ]

    static let header = Array((columns.joined(separator: ",") + "\r\n").utf8)

    /// Appends the row of an envelope; what it lacks is empty, `eventData` is its JSON.
    static func append(_ envelope: [UInt8], to rows: inout [UInt8]) {
        var cells = [[UInt8]](repeating: [], count: columns.count)
        _ = JSONSkimmer.members(of: envelope.span) { key, value in
            let name = String(decoding: envelope[key], as: UTF8.self)
            if name == "entity" {
                cells[9] = text(of: "type", in: Array(envelope[value]))
                cells[10] = text(of: "id", in: Array(envelope[value]))
            } else if let column = columns.firstIndex(of: name) {
                cells[column] = plain(envelope[value])
            }
        }
        for (column, cell) in cells.enumerated() {
            if column > 0 { rows.append(UInt8(ascii: ",")) }
            append(cell: cell, to: &rows)
        }
        rows += [0x0D, 0x0A]
    }

    private static func text(of name: String, in object: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        _ = JSONSkimmer.members(of: object.span) { key, value in
            if object[key].elementsEqual(name.utf8) { found = plain(object[value]) }
        }
        return found
    }

    /// A string without its quotes (ids, types and times hold no escapes); any other value as it is.
    private static func plain(_ value: ArraySlice<UInt8>) -> [UInt8] {
        value.first == UInt8(ascii: "\"") ? Array(value.dropFirst().dropLast()) : Array(value)
    }

    private static func append(cell: [UInt8], to rows: inout [UInt8]) {
        let needsQuotes = cell.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
        }
        guard needsQuotes else {
            rows += cell
            return
        }
        rows.append(UInt8(ascii: "\""))
        for byte in cell {
            if byte == UInt8(ascii: "\"") { rows.append(byte) }
            rows.append(byte)
        }
        rows.append(UInt8(ascii: "\""))
    }
}
