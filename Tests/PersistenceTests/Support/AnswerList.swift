import Synchronization

/// Integers in the order in which callbacks gave them.
final class AnswerList: Sendable {
    private let kept = Mutex<[Int]>([])

    var all: [Int] { kept.withLock { $0 } }

    func add(_ value: Int) { kept.withLock { $0.append(value) } }
}
