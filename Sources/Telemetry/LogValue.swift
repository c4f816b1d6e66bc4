/// A value beside a log message; literals convert by themselves.
package enum LogValue: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    /// Not finite: written as null, because JSON has no word for it.
    case double(Double)
    case bool(Bool)
    /// Written as a number of milliseconds with up to three decimals; end the key in `.ms`.
    case duration(Duration)

    /// Any integer; above `Int64.max` it is clamped.
    package static func integer(_ value: some BinaryInteger) -> LogValue { .integer(Int64(clamping: value)) }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
