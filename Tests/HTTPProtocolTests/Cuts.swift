import HTTPProtocol

/// The ways in which one input is fed: at once, one byte at a time, and in two pieces cut at every point.
///
/// Each way is the list of the lengths that have arrived at each call.
func cuts(of count: Int) -> [[Int]] {
    guard count > 1 else { return [[count]] }
    return [[count], Array(1...count)] + (1..<count).map { [$0, count] }
}

/// What a parser made of an input.
enum Verdict: Equatable, CustomStringConvertible {
    case needMore
    case head(consumed: Int)
    case refused(HTTP1Error)

    var description: String {
        switch self {
        case .needMore: "needMore"
        case .head(let consumed): "head(\(consumed))"
        case .refused(let error): "refused(\(error))"
        }
    }
}

/// Feeds `input` as it arrives at `lengths`, as a connection does: each call gets all unconsumed bytes.
func parse(
    _ input: [UInt8], at lengths: [Int], limits: HTTP1Limits = HTTP1Limits()
) -> (verdict: Verdict, head: RequestHead?) {
    var parser = HTTP1Parser(limits: limits)
    do throws(HTTP1Error) {
        for length in lengths {
            let arrived = Array(input[..<length])
            if case .head(let head, let consumed) = try parser.parse(arrived.span) {
                return (.head(consumed: consumed), head)
            }
        }
        return (.needMore, nil)
    } catch {
        return (.refused(error), nil)
    }
}

/// Feeds `input` at once.
func parse(_ input: String, limits: HTTP1Limits = HTTP1Limits()) -> (verdict: Verdict, head: RequestHead?) {
    let bytes = Array(input.utf8)
    return parse(bytes, at: [bytes.count], limits: limits)
}
