/// Why a benchmark stopped: a system call, a server or a stream did not behave. The text is what the operator reads.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A failed system call, with the text of `errno`.
    static func system(_ call: String, _ code: Int32) -> Failure {
        Failure("\(call): \(SystemError.text(of: code))")
    }
}
