import Foundation
import Glibc
import Synchronization

/// A program that a test runs: its output line by line, its end, and the promise that it does not outlive the tests.
///
/// It is killed when the value is released, and by the kernel (`PR_SET_PDEATHSIG`, through `setpriv`) when the whole test
/// run dies. That signal follows the *thread* that started the child, hence the one starting thread that never ends.
final class ChildProcess: Sendable {
    let processID: Int32
    /// Lines of its standard output, and of its standard error.
    let output = Journal<String>(of: "output line")
    let errors = Journal<String>(of: "log line")
    private let exit = Journal<Int32>(of: "exit status")

    /// - Parameters:
    ///   - program: an absolute path.
    ///   - environment: replaces the whole environment when given.
    ///   - input: its standard input, closed here once it has started; none otherwise.
    init(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil, input: Int32? = nil
    ) throws {
        let exit = exit
        let (output, errors) = (output, errors)
        processID = try Starter.shared.perform {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments = ["--pdeathsig", "KILL", "--", program] + arguments
            if let environment { process.environment = environment }
            process.standardInput =
                input.map { FileHandle(fileDescriptor: $0, closeOnDealloc: true) } ?? FileHandle.nullDevice
            process.standardOutput = Self.pipe(into: output)
            process.standardError = Self.pipe(into: errors)
            process.terminationHandler = { ended in
                // A signal is told as a shell tells it: 128 + its number.
                let status = ended.terminationStatus
                exit.append(ended.terminationReason == .uncaughtSignal ? 128 + status : status)
                exit.finish()
            }
            try process.run()
            return process.processIdentifier
        }
    }

    deinit { kill() }

    var isRunning: Bool { exit.elements.isEmpty }

    /// Asks it to end: SIGTERM.
    func terminate() { send(SIGTERM) }
    /// Ends it: SIGKILL. It may stay a moment longer: see ``waitExit(within:)``.
    func kill() { send(SIGKILL) }
    /// Sends a signal unless it has ended.
    func send(_ signal: Int32) { if isRunning { _ = Glibc.kill(processID, signal) } }

    /// Its exit status; 128 + n after signal n.
    @discardableResult
    func waitExit(within limit: Duration = .seconds(35)) async throws -> Int32 {
        try await exit.first(within: limit) { _ in true }.element
    }

    /// A thread of its own reads: dispatch sources on descriptors that open and close in quick succession have crashed.
    private static func pipe(into journal: Journal<String>) -> Pipe {
        let pipe = Pipe()
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread {
            var lines = LineCutter()
            var bytes: Data
            repeat {
                bytes = handle.availableData
                for line in lines.receive(bytes) { journal.append(line) }
            } while !bytes.isEmpty
            journal.finish()
        }
        return pipe
    }
}

/// Cuts bytes into lines; what has no line end yet waits, and comes out at the end.
private struct LineCutter {
    private var rest: [UInt8] = []

    /// - Parameter bytes: empty at the end.
    mutating func receive(_ bytes: Data) -> [String] {
        rest += bytes
        if bytes.isEmpty {
            defer { rest = [] }
            return rest.isEmpty ? [] : [String(decoding: rest, as: UTF8.self)]
        }
        var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array(lines.removeLast())
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The thread that starts all children and lives as long as the test run.
private final class Starter: Sendable {
    static let shared = Starter()

    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let signal = DispatchSemaphore(value: 0)

    private init() {
        Thread.detachNewThread {
            // Threads of a pool block signals, threads made by them inherit that, and so would the children.
            var none = sigset_t()
            unsafe sigemptyset(&none)
            unsafe pthread_sigmask(Int32(SIG_SETMASK), &none, nil)
            while true {
                self.signal.wait()
                self.jobs.withLock { $0.removeFirst() }()
            }
        }
    }

    /// Runs `work` on the thread and waits for it; short, so that blocking is right.
    func perform<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Value, any Error>?>(nil)
        jobs.withLock { jobs in
            jobs.append {
                let made = Result { try work() }
                result.withLock { $0 = made }
                done.signal()
            }
        }
        signal.signal()
        done.wait()
        guard let made = result.withLock({ $0 }) else { preconditionFailure("the starter lost a job") }
        return try made.get()
    }
}
