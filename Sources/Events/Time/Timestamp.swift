/// RFC 3339 in UTC with milliseconds, `2025-12-06T12:00:00.000Z`, by integer arithmetic alone.
package enum Timestamp {
    /// The first and the last time that can be written: the years 0000 to 9999.
    package static let range: ClosedRange<Milliseconds> = -62_167_219_200_000...253_402_300_799_999
    /// The years 1970 to 9999, from which clients may name a time.
    package static let clientRange: ClosedRange<Milliseconds> = 0...253_402_300_799_999

    static let millisecondsPerDay: Int64 = 86_400_000

    /// 24 characters; a time outside ``range`` is written as its nearest bound.
    package static func format(_ time: Milliseconds) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        append(time, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 24 bytes of ``format(_:)``.
    package static func append(_ time: Milliseconds, to bytes: inout [UInt8]) {
        let time = min(max(time, range.lowerBound), range.upperBound)
        let day = time.floorDivided(by: millisecondsPerDay)
        let rest = Int(time - day * millisecondsPerDay)
        let date = civil(day: Int(day))
        bytes.append(addingCapacity: 24) { output in
            appendPair(date.year / 100, to: &output)
            appendPair(date.year % 100, to: &output)
            output.append(UInt8(ascii: "-"))
            appendPair(date.month, to: &output)
            output.append(UInt8(ascii: "-"))
            appendPair(date.day, to: &output)
            output.append(UInt8(ascii: "T"))
            appendPair(rest / 3_600_000, to: &output)
            output.append(UInt8(ascii: ":"))
            appendPair(rest / 60_000 % 60, to: &output)
            output.append(UInt8(ascii: ":"))
            appendPair(rest / 1_000 % 60, to: &output)
            output.append(UInt8(ascii: "."))
            output.append(UInt8(truncatingIfNeeded: 48 + rest % 1_000 / 100))
            appendPair(rest % 100, to: &output)
            output.append(UInt8(ascii: "Z"))
        }
    }

    /// Reads an RFC 3339 time (§5.6): any offset, no fraction or one of 1–9 digits, of which those beyond milliseconds
    /// are cut off. Leap seconds are refused.
    /// - Returns: nil when `text` is no such time, or lies outside ``range`` once in UTC.
    package static func parse(_ text: some StringProtocol) -> Milliseconds? { parse(bytes: Array(text.utf8)) }

    /// ``parse(_:)`` of UTF-8.
    package static func parse(bytes: [UInt8]) -> Milliseconds? {
        var reader = Reader(bytes: bytes)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("Tt"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            let millisecond = reader.fraction(), let offset = reader.offset(), reader.isAtEnd,
            1...12 ~= month, 1...length(ofMonth: month, year: year) ~= day, hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = ((Int64(Self.day(year, month, day)) * 24 + Int64(hour)) * 60 + Int64(minute - offset)) * 60
        let time = (seconds + Int64(second)) * 1_000 + Int64(millisecond)
        return range.contains(time) ? time : nil
    }

    private static func appendPair(_ value: Int, to output: inout OutputSpan<UInt8>) {
        output.append(UInt8(truncatingIfNeeded: 48 + value / 10))
        output.append(UInt8(truncatingIfNeeded: 48 + value % 10))
    }

    /// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is a year's last; 719,468 days lie between 0000-03-01 and 1970.
    static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = Int(Int64(shifted).floorDivided(by: 146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    /// The day, counted from 1970-01-01, of a date; the inverse of ``civil(day:)``.
    static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = Int(Int64(year).floorDivided(by: 400))
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Timestamp {
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        /// One byte out of `choices`.
        mutating func skip(_ choices: StaticString) -> Bool {
            guard position < bytes.count, choices.description.utf8.contains(bytes[position]) else { return false }
            position += 1
            return true
        }

        /// Exactly `digits` digits.
        mutating func number(_ digits: Int) -> Int? {
            guard position + digits <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[position..<(position + digits)] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            position += digits
            return value
        }

        /// The milliseconds of an optional fraction; nil when there is a point but not 1–9 digits.
        mutating func fraction() -> Int? {
            guard skip(".") else { return 0 }
            var value = 0
            var digits = 0
            while let digit = number(1) {
                digits += 1
                if digits <= 3 { value = value * 10 + digit }
            }
            guard 1...9 ~= digits else { return nil }
            return digits == 1 ? value * 100 : digits == 2 ? value * 10 : value
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if skip("Zz") { return 0 }
            let isWest = position < bytes.count && bytes[position] == UInt8(ascii: "-")
            guard skip("+-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            return (isWest ? -1 : 1) * (hours * 60 + minutes)
        }
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; `divisor` is positive.
    package func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
