package import HTTPProtocol

/// Makes the ids of requests, and judges those that clients bring.
///
/// An id is six random letters that the source keeps, and a count: at most 15 bytes, which a `String` holds without an
/// allocation. Two sources meet with a chance of one in 10⁹.
package struct RequestIDSource {
    /// RFC 4648 §6, lower case.
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    private static let maximumInboundBytes = 64

    private let prefix: [UInt8]
    private var count: UInt64 = 0

    package init(using random: inout some RandomNumberGenerator) {
        var letters: [UInt8] = []
        for _ in 0..<6 { letters.append(Self.alphabet[Int.random(in: 0..<32, using: &random)]) }
        prefix = letters + [UInt8(ascii: "-")]
    }

    /// The id that `head` brings when it is 1–64 bytes of `[A-Za-z0-9._-]`, else a new one.
    package mutating func id(for head: RequestHead) -> String {
        if let given = head.first(.requestID), (1...Self.maximumInboundBytes).contains(given.count),
            given.allSatisfy(Self.isIDByte)
        {
            return String(decoding: given, as: UTF8.self)
        }
        return next()
    }

    /// A new id. The count has 40 bits and then begins again.
    package mutating func next() -> String {
        count &+= 1
        var text = prefix
        var shift: UInt64 = 40
        var isLeading = true
        while shift > 0 {
            shift -= 5
            let digit = Int((count >> shift) & 31)
            if digit == 0, isLeading, shift > 0 { continue }
            isLeading = false
            text.append(Self.alphabet[digit])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
