/// The time at which an event was posted, as it travels inside the event: `"benchTime":"<19 digits of nanoseconds>"`.
///
/// A string of fixed width, so that a prepared request is stamped by overwriting digits and its length never changes.
enum PublishTime {
    static let key: StaticString = "\"benchTime\":\""
    static let keyBytes = Array("\"benchTime\":\"".utf8)
    static let digits = 19
    /// What a prepared request holds before it is stamped.
    static let blank = "\"benchTime\":\"0000000000000000000\""

    static func write(_ time: Int64, into bytes: inout [UInt8], at offset: Int) {
        var rest = UInt64(max(0, time))
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    static func read(_ bytes: Span<UInt8>, at offset: Int) -> Int64 {
        guard offset + digits <= bytes.count else { return -1 }
        var value: Int64 = 0
        for index in offset..<offset + digits {
            value = value &* 10 &+ Int64(bytes[index] &- UInt8(ascii: "0"))
        }
        return value
    }
}
