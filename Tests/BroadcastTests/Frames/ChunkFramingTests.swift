import Broadcast
import Testing

struct ChunkFramingTests {
    @Test(arguments: [0, 1, 9, 10, 15, 16, 255, 4096, 70_000]) func `a chunk says its size in five digits`(size: Int) {
        var bytes: [UInt8] = [7]

        ChunkFraming.append(to: &bytes) { $0.append(contentsOf: Array(repeating: 120, count: size)) }

        let head = String(decoding: bytes[1..<8], as: UTF8.self)
        #expect(
            head == String(repeating: "0", count: 5 - String(size, radix: 16).count) + String(size, radix: 16) + "\r\n")
        #expect(bytes.count == 1 + 7 + size + 2 && bytes.suffix(2) == [13, 10])
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (-1, "-1"), (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
    ])
    func `decimals are written as text`(value: Int64, text: String) {
        var bytes: [UInt8] = []

        appendDecimal(value, to: &bytes)

        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
