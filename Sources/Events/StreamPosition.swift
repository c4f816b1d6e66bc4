/// Ten random base32 characters that name one life of a workspace's log; a resume across two epochs gets a `reset`.
package struct Epoch: Hashable, Sendable, CustomStringConvertible {
    package static let length = 10

    package let text: String

    /// - Returns: nil unless `text` is ten characters of `[a-z2-7]`.
    package init?(_ text: String) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(Self.isBase32) else { return nil }
        self.text = text
    }

    /// An epoch that comes from our own store or code.
    package init(validated text: String) { self.text = text }

    /// A new epoch from `random`.
    package init(using random: inout some RandomNumberGenerator) {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        text = String(
            decoding: (0..<Self.length).map { _ in alphabet[Int.random(in: 0..<32, using: &random)] }, as: UTF8.self)
    }

    package var description: String { text }

    private static func isBase32(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "2")...UInt8(ascii: "7"): true
        default: false
        }
    }
}

/// A place in the log of a workspace as clients hold it, `<epoch>-<seq>`: what a stream's `id:` field carries.
package struct StreamPosition: Hashable, Sendable, CustomStringConvertible {
    package let epoch: Epoch
    /// The last event seen; 0 before the first.
    package let sequence: SequenceNumber

    package init(epoch: Epoch, sequence: SequenceNumber) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// - Returns: nil unless `text` is an epoch, a hyphen and a canonical decimal that fits 63 bits.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= Epoch.length + 2, bytes.count <= Epoch.length + 20,
            bytes[Epoch.length] == UInt8(ascii: "-"),
            let epoch = Epoch(String(decoding: bytes[..<Epoch.length], as: UTF8.self))
        else { return nil }
        let digits = bytes[(Epoch.length + 1)...]
        guard digits.count == 1 || digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let sequence = Int64(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.init(epoch: epoch, sequence: sequence)
    }

    package var description: String { "\(epoch.text)-\(sequence)" }
}
