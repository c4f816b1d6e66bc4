/// The options of one subcommand: `--name value` or `--name=value`; what nobody asked for is an error.
struct Arguments {
    private var options: [String: String] = [:]
    private static let switches: Set<String> = ["self-test"]

    init(_ words: some Sequence<String>) throws(Failure) {
        var name: String?
        for word in words {
            if let pending = name {
                options[pending] = word
                name = nil
            } else if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
                guard let first = parts.first else { throw Failure("an option needs a name") }
                if parts.count == 2 {
                    options[first] = parts[1]
                } else if Arguments.switches.contains(first) {
                    options[first] = ""
                } else {
                    name = first
                }
            } else {
                throw Failure("unexpected argument: \(word)")
            }
        }
        if let name { throw Failure("--\(name) needs a value") }
    }

    mutating func flag(_ name: String) -> Bool { options.removeValue(forKey: name) != nil }

    mutating func text(_ name: String) throws(Failure) -> String? { options.removeValue(forKey: name) }

    mutating func text(_ name: String, default value: String) -> String { options.removeValue(forKey: name) ?? value }

    mutating func integer(_ name: String, default value: Int) throws(Failure) -> Int {
        guard let text = options.removeValue(forKey: name) else { return value }
        guard let number = Int(text), number > 0 else { throw Failure("--\(name) must be a positive integer") }
        return number
    }

    mutating func number(_ name: String, default value: Double) throws(Failure) -> Double {
        guard let text = options.removeValue(forKey: name) else { return value }
        guard let number = Double(text), number > 0 else { throw Failure("--\(name) must be a positive number") }
        return number
    }

    /// A list `1,10,100`.
    mutating func integers(_ name: String, default value: [Int]) throws(Failure) -> [Int] {
        guard let text = options.removeValue(forKey: name) else { return value }
        var numbers: [Int] = []
        for part in text.split(separator: ",") {
            guard let number = Int(part), number > 0 else { throw Failure("--\(name) must be positive integers") }
            numbers.append(number)
        }
        return numbers
    }

    /// Throws when an option is left that no one has read.
    func finish() throws(Failure) {
        if let name = options.keys.sorted().first { throw Failure("unknown option --\(name)") }
    }
}
