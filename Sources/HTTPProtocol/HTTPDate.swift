/// The form of dates in fields, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
    /// - Parameter seconds: since 1970-01-01 UTC, between the years 1970 and 9999; others are clamped.
    package static func format(seconds: Int64) -> [UInt8] {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let day = seconds / 86_400
        let time = seconds % 86_400
        let (year, month, dayOfMonth) = civil(day)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        // 1970-01-01 was a Thursday.
        append("ThuFriSatSunMonTueWed", Int(day % 7), to: &text)
        text.append(",")
        text.append(0x20)
        appendTwoDigits(dayOfMonth, to: &text)
        text.append(0x20)
        append("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1, to: &text)
        text.append(0x20)
        appendTwoDigits(year / 100, to: &text)
        appendTwoDigits(year % 100, to: &text)
        text.append(0x20)
        appendTwoDigits(Int(time / 3_600), to: &text)
        text.append(":")
        appendTwoDigits(Int(time / 60 % 60), to: &text)
        text.append(":")
        appendTwoDigits(Int(time % 60), to: &text)
        text.append(" GMT")
        return text
    }

    /// Year, month and day of the proleptic Gregorian calendar, by eras of 400 years that begin in March.
    private static func civil(_ day: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), Int(month), Int(dayOfMonth))
    }

    private static func append(_ names: String, _ index: Int, to text: inout [UInt8]) {
        text.append(contentsOf: names.utf8.dropFirst(index * 3).prefix(3))
    }

    private static func appendTwoDigits(_ number: Int, to text: inout [UInt8]) {
        text.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
        text.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
