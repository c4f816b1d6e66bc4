import Broadcast
import Events
import Testing

struct TypeFilterTests {
    @Test(arguments: [
        ("message.*", "message.sent", true), ("message.*", "message.sent.late", true),
        ("message.*", "messages.sent", false),
        ("task.completed", "task.completed", true), ("task.completed", "task.completed.x", false),
        ("a.b,message.*", "message.read", true), ("a.b.*", "a.b", false),
    ]) func `a filter lets through what its patterns name`(pattern: String, type: String, expected: Bool) throws {
        let filter = try #require(TypeFilter(pattern))

        #expect(filter.matches(EventType(type)!) == expected)
    }

    @Test(arguments: ["", ",", "message", "*", "Message.*", "message.*,", "message.**", "a.b,,c.d"])
    func `a malformed filter is refused`(text: String) {
        #expect(TypeFilter(text) == nil)
    }

    @Test func `the number of patterns is bounded`() {
        let patterns = (0..<32).map { "a.b\($0)" }

        #expect(TypeFilter(patterns.joined(separator: ",")) != nil)
        #expect(TypeFilter((patterns + ["a.c"]).joined(separator: ",")) == nil)
    }
}
