/// Writes a committed event as clients see it: the `data:` of a stream's `event: event`, and an item of `GET …/events`.
///
///     {"eventId":…,"workspaceId":…,"seq":1,"id":"<epoch>-1","eventType":…,"userId":…,"sessionId":…,"timestamp":…,
///      "occurredAt":…,"receivedAt":…,"entity":{"type":…,"id":…},"eventData":{…}}
///
/// `sessionId` and `entity` are left out where there are none; `timestamp` is `occurredAt` again, as S4 calls it. Ids and
/// types hold no byte that JSON would escape, and `eventData` is the stored compact bytes, so there is no line feed.
package struct EnvelopeEncoder: Sendable {
    package static func append(
        _ event: Event, workspaceID: WorkspaceID, epoch: Epoch, to bytes: inout [UInt8]
    ) {
        if bytes.isEmpty { bytes.reserveCapacity(event.data.count + 512) }
        bytes.append(text: #"{"eventId":""#)
        bytes.append(text: event.eventID.text)
        bytes.append(text: #"","workspaceId":""#)
        bytes.append(text: workspaceID.text)
        bytes.append(text: #"","seq":"#)
        bytes.append(decimal: event.sequence)
        bytes.append(text: #","id":""#)
        bytes.append(text: epoch.text)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: event.sequence)
        bytes.append(text: #"","eventType":""#)
        bytes.append(text: event.type.text)
        bytes.append(text: #"","userId":""#)
        bytes.append(text: event.user.text)
        if let session = event.session {
            bytes.append(text: #"","sessionId":""#)
            bytes.append(text: session.text)
        }
        bytes.append(text: #"","timestamp":""#)
        Timestamp.append(event.occurredAt, to: &bytes)
        bytes.append(text: #"","occurredAt":""#)
        Timestamp.append(event.occurredAt, to: &bytes)
        bytes.append(text: #"","receivedAt":""#)
        Timestamp.append(event.receivedAt, to: &bytes)
        if let entity = event.entity {
            bytes.append(text: #"","entity":{"type":""#)
            bytes.append(text: entity.type)
            bytes.append(text: #"","id":""#)
            bytes.append(text: entity.id.text)
            bytes.append(text: #""},"eventData":"#)
        } else {
            bytes.append(text: #"","eventData":"#)
        }
        bytes.append(contentsOf: event.data)
        bytes.append(UInt8(ascii: "}"))
    }
}

/// What hand-made encoders are made of.
extension [UInt8] {
    /// Appends the UTF-8 of `text`.
    package mutating func append(text: String) {
        // A buffer is copied at once; a view would be walked byte by byte.
        var text = text
        text.withUTF8 { unsafe append(contentsOf: $0) }
    }

    /// Appends `value` in decimal.
    package mutating func append(decimal value: Int64) {
        // From the last digit to the first, at the end of as many bytes as 64 bits may need.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = value.magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        } while rest > 0
        append(addingCapacity: 21 - first) { output in
            if value < 0 { output.append(UInt8(ascii: "-")) }
            for index in first..<20 { output.append(digits[index]) }
        }
    }

    /// Appends `text` as a JSON string, quotes included.
    package mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append(text: byte < 0x10 ? #"\u000"# : #"\u001"#)
                append(byte & 0xF < 10 ? 48 + byte & 0xF : 87 + byte & 0xF)
            default:
                append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}
