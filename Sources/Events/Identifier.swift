/// An opaque id chosen by a client: 1–64 bytes of `[A-Za-z0-9._:-]`, unique within one workspace.
///
/// `Kind` is a marker that keeps a user's id from being taken for a channel's. Validated once, here; past this point
/// no one checks again. The alphabet holds no byte that JSON, SQL, HTTP or an SSE field would have to escape.
package struct Identifier<Kind>: Hashable, Sendable, CustomStringConvertible {
    /// The longest id, in bytes.
    package static var maximumBytes: Int { 64 }

    /// The id as it was given.
    package let text: String

    /// - Returns: nil when `text` is not 1–64 bytes of the alphabet.
    package init?(_ text: String) {
        guard Self.isValid(text.utf8) else { return nil }
        self.text = text
    }

    /// - Returns: nil when `bytes` are not 1–64 bytes of the alphabet.
    package init?(bytes: some Collection<UInt8>) {
        guard Self.isValid(bytes) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// An id that comes from our own store or code, where it was validated before.
    package init(validated text: String) {
        self.text = text
    }

    package var description: String { text }

    private static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        let count = bytes.count
        return count >= 1 && count <= maximumBytes && bytes.allSatisfy(isIdentifierByte)
    }
}

/// Whether `byte` may stand in an identifier: `[A-Za-z0-9._:-]`.
package func isIdentifierByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
        true
    default: false
    }
}

/// Markers of what an ``Identifier`` names.
package enum WorkspaceKind {}
package enum UserKind {}
package enum ChannelKind {}
package enum MessageKind {}
package enum SessionKind {}
package enum EventKind {}
package enum EntityKind {}

package typealias WorkspaceID = Identifier<WorkspaceKind>
package typealias UserID = Identifier<UserKind>

extension UserID {
    /// Whether the id begins with `tideline:`, which is the server's own: no client may speak as such a user.
    package var isReserved: Bool { text.hasPrefix("tideline:") }
}

/// A channel, which is the same thing as a conversation.
package typealias ChannelID = Identifier<ChannelKind>
package typealias MessageID = Identifier<MessageKind>
package typealias SessionID = Identifier<SessionKind>
/// Given by the server as a UUIDv7 unless the client sends one.
package typealias EventID = Identifier<EventKind>
/// A task, an orchestrator, a message …: what an event is about.
package typealias EntityID = Identifier<EntityKind>

/// The integer surrogate of a workspace; every key, index and query begins with it, so two workspaces may use the same ids.
package struct WorkspaceKey: Hashable, Sendable, Comparable {
    package let rawValue: Int64

    package init(_ rawValue: Int64) { self.rawValue = rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The place of an event in its workspace's log: gapless, from 1, in commit order. 0 stands before the first event.
package typealias SequenceNumber = Int64

/// UTC milliseconds since 1970-01-01, the only form in which a wall-clock time is kept.
package typealias Milliseconds = Int64
