import Telemetry
import Testing

struct MetricsRegistryTests {
    @Test func `the text has help, type and samples in a stable order`() {
        let registry = MetricsRegistry()
        registry.gauge("tideline_b", help: "Second.").set(-3)
        let requests = registry.counter("tideline_a", help: "First.", labels: ["method": "POST", "code": "200"])
        registry.counter("tideline_a_total", help: "First.", labels: ["code": "200", "method": "GET"]).increment(by: 2)
        requests.increment()

        let text = String(decoding: registry.prometheusText(), as: UTF8.self)

        #expect(
            text == """
                # HELP tideline_a_total First.
                # TYPE tideline_a_total counter
                tideline_a_total{code="200",method="GET"} 2
                tideline_a_total{code="200",method="POST"} 1
                # HELP tideline_b Second.
                # TYPE tideline_b gauge
                tideline_b -3

                """)
    }

    @Test func `help and label values are escaped`() {
        let registry = MetricsRegistry()

        registry.gauge("g", help: "a\\b\n\"c\"", labels: ["l": "x\\y\n\"z\""]).set(1)

        let text = String(decoding: registry.prometheusText(), as: UTF8.self)
        #expect(text == "# HELP g a\\\\b\\n\"c\"\n# TYPE g gauge\ng{l=\"x\\\\y\\n\\\"z\\\"\"} 1\n")
    }

    @Test(arguments: [
        (1.0, "1"), (0.25, "0.25"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e300, "1e+300"),
        (-0.5, "-0.5"),
    ])
    func `a gauge read at the scrape is a float`(value: Double, expected: String) {
        let registry = MetricsRegistry()

        registry.gauge("g", help: "h") { value }

        #expect(String(decoding: registry.prometheusText(), as: UTF8.self).hasSuffix("\ng \(expected)\n"))
    }

    @Test func `a histogram counts cumulatively and a bound belongs to its bucket`() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("h_seconds", help: "h", buckets: [0.1, 1, 10], labels: ["loop": "0"])

        for value in [0.05, 0.1, 0.100001, 1, 5, 10, 11, .infinity] { histogram.observe(value) }
        histogram.observe(.milliseconds(50))

        let lines = String(decoding: registry.prometheusText(), as: UTF8.self).split(separator: "\n").dropFirst(2)
        #expect(
            lines == [
                #"h_seconds_bucket{loop="0",le="0.1"} 3"#, #"h_seconds_bucket{loop="0",le="1"} 5"#,
                #"h_seconds_bucket{loop="0",le="10"} 7"#, #"h_seconds_bucket{loop="0",le="+Inf"} 9"#,
                #"h_seconds_sum{loop="0"} +Inf"#, #"h_seconds_count{loop="0"} 9"#,
            ])
    }

    @Test func `asking again gives the same instrument`() {
        let registry = MetricsRegistry()

        registry.counter("c", help: "h", labels: ["a": "1", "b": "2"]).increment()
        registry.counter("c", help: "h", labels: ["b": "2", "a": "1"]).increment()

        #expect(registry.counter("c", help: "h", labels: ["a": "1", "b": "2"]).value == 2)
    }

    @Test func `series past the bound share one`() {
        let registry = MetricsRegistry()

        for index in 0..<MetricsRegistry.maximumSeries + 5 {
            registry.counter("c", help: "h", labels: ["user": "\(index)"]).increment()
        }

        #expect(registry.counter("c", help: "h", labels: ["user": "other"]).value == 5)
        #expect(registry.counter("c", help: "h", labels: ["user": "255"]).value == 1)
    }

    @Test func `nothing is lost when many threads count`() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("c", help: "h")
        let histogram = registry.histogram("h", help: "h", buckets: [1])

        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2000 {
                        counter.increment()
                        histogram.observe(0.5)
                    }
                }
            }
        }

        #expect(counter.value == 16_000)
        #expect(histogram.cumulativeCounts == [16_000, 16_000])
        #expect(histogram.sum == 8000)
    }
}
