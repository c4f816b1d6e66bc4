import Events
import Testing

@testable import TidelineService

/// What the checks say of facts that no test machine has.
struct DoctorJudgementTests {
    @Test(arguments: [(16_199, Finding.Status.fail), (16_200, .ok), (100, .fail)])
    func `each stream needs a descriptor`(limit: Int, status: Finding.Status) {
        let finding = MachineChecks.descriptors(limit, for: 16_000, isRunning: false)

        #expect(finding.status == status)
        #expect(status == .ok || finding.remedy?.contains("streams.maxConnections to \(max(1, limit - 200))") == true)
    }

    @Test func `memory must do for every stream`() {
        #expect(MachineChecks.memory(1 << 30, streams: 16_000, replay: 64 << 20).status == .ok)
        #expect(MachineChecks.memory(128 << 20, streams: 16_000, replay: 64 << 20).status == .warn)
    }

    @Test func `the kernel's queues are looked at where it has them`() {
        let good = MachineChecks.kernel(
            maxConnections: 16_000, somaxconn: 4_096, synBacklog: 1_024, conntrack: nil, ports: 28_232)
        let bad = MachineChecks.kernel(
            maxConnections: 16_000, somaxconn: 128, synBacklog: 128, conntrack: 20_000, ports: 10_000)

        #expect(good.map(\.status) == [.ok])
        #expect(bad.map(\.status) == [.warn, .warn, .warn, .warn])
        #expect(
            bad[0].detail.contains("net.core.somaxconn is 128") && bad[0].remedy == "sysctl -w net.core.somaxconn=4096")
    }

    @Test(arguments: [
        (100 << 20, 1 << 20, Finding.Status.fail), (512 << 20, 1 << 20, .warn), (2 << 30, 3 << 30, .warn),
        (4 << 30, 3 << 30, .ok),
    ])
    func `the disk needs room for a backup`(free: Int, database: Int, status: Finding.Status) {
        #expect(DataChecks.space(free, database: database).status == status)
    }

    @Test(arguments: [
        ([Duration.milliseconds(4), .milliseconds(5)], Finding.Status.ok),
        ([.milliseconds(4), .milliseconds(4), .milliseconds(600)], .warn),
        ([.milliseconds(30), .milliseconds(30)], .warn), ([.milliseconds(150), .milliseconds(150)], .fail),
        ([.milliseconds(1), .seconds(3)], .fail),
    ])
    func `a sync is what every acknowledgement waits for`(latencies: [Duration], status: Finding.Status) {
        #expect(DataChecks.syncing(latencies, "data").status == status)
    }

    @Test func `a directory that cannot be written is somebody else's`() {
        #expect(DataChecks.syncing(nil, "data").status == .warn)
    }

    @Test(arguments: [
        (Int64(0), Finding.Status.ok), (-2, .ok), (3, .warn), (-30, .warn), (31, .fail), (-7_200, .fail),
    ])
    func `clocks may differ a little`(seconds: Int64, status: Finding.Status) {
        #expect(CanaryChecks.clock(differenceSeconds: seconds).status == status)
    }

    @Test func `certificates are renewed in time, and HTTP 2 is offered`() {
        #expect(CanaryChecks.tls(version: "TLSv1.3", daysLeft: 60, offersHTTP2: true).status == .ok)
        #expect(CanaryChecks.tls(version: "TLSv1.3", daysLeft: 13, offersHTTP2: true).status == .warn)
        #expect(CanaryChecks.tls(version: "TLSv1.3", daysLeft: 60, offersHTTP2: false).remedy?.contains("h2") == true)
    }

    private func head(_ fields: [(String, String)]) -> HTTPReply {
        HTTPReply(status: 200, fields: fields.map { HTTPReply.Field(name: $0.0, value: $0.1) })
    }

    @Test func `what a proxy does to the headers is noticed`() {
        let stream = ("content-type", "text/event-stream; charset=utf-8")
        let control = ("cache-control", "no-store, no-transform")

        #expect(CanaryChecks.headers(head([stream, control])).status == .ok)
        #expect(CanaryChecks.headers(head([("content-type", "text/html"), control])).status == .fail)
        #expect(CanaryChecks.headers(head([stream, control, ("content-encoding", "gzip")])).detail.contains("gzip"))
        #expect(CanaryChecks.headers(head([stream, ("cache-control", "max-age=600")])).status == .warn)
        #expect(CanaryChecks.headers(head([])).status == .fail)
    }

    @Test func `canaries must come at once, and must come`() {
        #expect(CanaryChecks.buffering([.milliseconds(1), .milliseconds(500)]).status == .ok)
        #expect(CanaryChecks.buffering([.milliseconds(1), .milliseconds(900)]).status == .warn)
        #expect(CanaryChecks.buffering([.milliseconds(1), nil]).status == .fail)
        #expect(CanaryChecks.buffering([nil]).remedy?.contains("proxy_buffering off") == true)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Int64(784_111_777_000)), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sat, 29 Feb 2020 23:59:59 GMT", 1_583_020_799_000),
    ])
    func `the field Date is read`(text: String, milliseconds: Int64) {
        #expect(CanaryChecks.milliseconds(ofDate: text) == milliseconds)
    }

    @Test(arguments: [
        "", "now", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
    ])
    func `what is no Date is none`(text: String) {
        #expect(CanaryChecks.milliseconds(ofDate: text) == nil)
    }

    private func warnings(_ change: (inout ServiceConfiguration) -> Void) -> [String] {
        var configuration = ServiceConfiguration()
        change(&configuration)
        return ConfigurationChecks.run(configuration, file: nil).filter { $0.status != .ok }.map(\.check)
    }

    @Test func `a configuration that is allowed may still be unwise`() {
        #expect(warnings { _ in } == [])
        #expect(
            warnings { $0.server.listen = ["0.0.0.0:8080"] }
                == ["config.allowedHosts", "config.metrics", "config.secureCookies"])
        #expect(warnings { $0.auth.secureCookies = true } == ["config.allowedHosts", "config.metrics"])
        #expect(
            warnings {
                $0.server.listen = ["[::]:443"]
                $0.server.allowedHosts = ["a.example"]
                $0.metrics.token = "0123456789abcdef"
                $0.auth.secureCookies = true
            } == [])
        #expect(warnings { $0.storage.synchronous = .normal } == ["config.synchronous"])
        #expect(warnings { $0.streams.heartbeat = .seconds(60) } == ["config.heartbeat"])
        #expect(warnings { $0.auth.demoLogin = true } == ["config.demoLogin"])
    }
}
