/// Encodes one line of the log: a JSON object (RFC 8259) and LF.
///
/// Strings are escaped so that a line is one line of valid JSON whatever a client sent: `"` and `\`, all control
/// characters, and DEL, NEL, LS and PS, which some viewers take for a line end.
enum LogLine {
    static func encode(time: Int64, level: LogLevel, message: String, metadata: KeyValuePairs<String, LogValue>)
        -> [UInt8]
    {
        var line: [UInt8] = []
        line.reserveCapacity(160 + metadata.count * 32)
        line.append(contentsOf: #"{"time":""#.utf8)
        appendTime(time, to: &line)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: level.text.utf8)
        line.append(contentsOf: #"","message":"#.utf8)
        appendString(message, to: &line)
        for (key, value) in metadata {
            line.append(UInt8(ascii: ","))
            appendString(key, to: &line)
            line.append(UInt8(ascii: ":"))
            append(value, to: &line)
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    private static func append(_ value: LogValue, to line: inout [UInt8]) {
        switch value {
        case .string(let text): appendString(text, to: &line)
        case .integer(let number): line.append(contentsOf: String(number).utf8)
        case .double(let number): appendNumber(number, to: &line)
        case .bool(let fact): line.append(contentsOf: (fact ? "true" : "false").utf8)
        case .duration(let duration):
            let microseconds = duration / .microseconds(1)
            appendNumber(microseconds.rounded() / 1000, to: &line)
        }
    }

    private static func appendNumber(_ number: Double, to line: inout [UInt8]) {
        line.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
    }

    private static func appendString(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line.append(contentsOf: #"\""#.utf8)
            case "\\": line.append(contentsOf: #"\\"#.utf8)
            case "\n": line.append(contentsOf: #"\n"#.utf8)
            case "\r": line.append(contentsOf: #"\r"#.utf8)
            case "\t": line.append(contentsOf: #"\t"#.utf8)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                line.append(contentsOf: #"\u"#.utf8)
                for shift in [12, 8, 4, 0] {
                    line.append(hexadecimal[Int(scalar.value >> shift) & 15])
                }
            default: line.append(contentsOf: scalar.utf8)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// RFC 3339, UTC, milliseconds: `2025-12-06T12:00:00.000Z`. Days become a civil date by the algorithm of eras of 400
    /// years that start on 1 March; years outside 0–9999 are clamped because RFC 3339 cannot say them.
    static func appendTime(_ time: Int64, to line: inout [UInt8]) {
        let clamped = min(max(time, -62_167_219_200_000), 253_402_300_799_999)
        let (seconds, milliseconds) = floorDivide(clamped, by: 1000)
        let (days, secondOfDay) = floorDivide(seconds, by: 86_400)
        let (era, dayOfEra) = floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        appendDigits(year, width: 4, to: &line)
        line.append(UInt8(ascii: "-"))
        appendDigits(month, width: 2, to: &line)
        line.append(UInt8(ascii: "-"))
        appendDigits(dayOfYear - (153 * marchMonth + 2) / 5 + 1, width: 2, to: &line)
        line.append(UInt8(ascii: "T"))
        appendDigits(secondOfDay / 3600, width: 2, to: &line)
        line.append(UInt8(ascii: ":"))
        appendDigits(secondOfDay / 60 % 60, width: 2, to: &line)
        line.append(UInt8(ascii: ":"))
        appendDigits(secondOfDay % 60, width: 2, to: &line)
        line.append(UInt8(ascii: "."))
        appendDigits(milliseconds, width: 3, to: &line)
        line.append(UInt8(ascii: "Z"))
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func appendDigits(_ value: Int64, width: Int, to line: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            line.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
