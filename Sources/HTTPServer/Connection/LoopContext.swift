import Glibc
import HTTPProtocol
import Networking
import Telemetry

/// What all connections of one loop share; confined to that loop.
final class LoopContext {
    let loop: EventLoop
    private(set) var application: any Application
    private(set) var router: Router
    private(set) var settings: HTTPServerSettings
    let metrics: HTTPMetrics
    let log: Log

    private(set) var isDraining = false
    private var requestIDs: RequestIDSource
    private var dateSecond: Int = -1
    private var dateText: [UInt8] = []
    /// The counters of answers by route and status class, made when first needed.
    private var answers: [Counter?]
    /// The connections that are no streams, so that draining finds them.
    private var connections: [ObjectIdentifier: HTTP1Connection] = [:]

    init(
        loop: EventLoop, application: any Application, router: Router, settings: HTTPServerSettings,
        metrics: HTTPMetrics, log: Log
    ) {
        self.loop = loop
        self.application = application
        self.router = router
        self.settings = settings
        self.metrics = metrics
        self.log = log
        var random = SystemRandomNumberGenerator()
        requestIDs = RequestIDSource(using: &random)
        answers = Array(repeating: nil, count: (router.routes.count + 1) * 6)
    }

    /// Goes on with another application, which has the same routes. Requests begun end with the old one.
    func use(_ application: any Application, _ router: Router, _ settings: HTTPServerSettings) {
        precondition(router.routes.count == self.router.routes.count, "routes are counted by their places")
        self.application = application
        self.router = router
        self.settings = settings
    }

    func requestID(for head: RequestHead?) -> String {
        if let head { requestIDs.id(for: head) } else { requestIDs.next() }
    }

    /// The value of Date, formatted once a second.
    func date() -> [UInt8] {
        let second = time(nil)
        if second != dateSecond {
            dateSecond = second
            dateText = HTTPDate.format(seconds: Int64(second))
        }
        return dateText
    }

    func countAnswer(_ status: Status, metricsIndex: Int) {
        let slot = metricsIndex * 6 + min(status.classDigit, 5)
        if let counter = answers[slot] { return counter.increment() }
        let pattern = metricsIndex < router.routes.count ? router.routes[metricsIndex].pattern : "none"
        let counter = metrics.answers(route: pattern, statusClass: status.classDigit)
        answers[slot] = counter
        counter.increment()
    }

    func add(_ connection: HTTP1Connection) { connections[ObjectIdentifier(connection)] = connection }

    func remove(_ connection: HTTP1Connection) { connections[ObjectIdentifier(connection)] = nil }

    /// From now on every answer closes its connection; those that wait for no answer close at once.
    func drain() {
        isDraining = true
        for connection in connections.values { connection.closeIfIdle() }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
