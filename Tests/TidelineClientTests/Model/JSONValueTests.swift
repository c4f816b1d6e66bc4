import Foundation
import Testing
import TidelineClient

struct JSONValueTests {
    @Test(arguments: [
        "null", "true", "-7", "9223372036854775807", "0.5", #""a\"é""#, "[]", "{}", "[1,[2,{\"a\":null}],\"x\"]",
        #"{"a":{"b":[true,false]},"c":1.5}"#,
    ])
    func `any JSON is read and written back`(text: String) throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))

        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == text)
    }

    @Test func `members and elements are found, and what is missing is null`() {
        let value: JSONValue = ["a": [1, 2.5, "x", true, nil], "n": 7]

        #expect(value["a"][0].integer == 1 && value["a"][1].number == 2.5 && value["a"][2].string == "x")
        #expect(value["a"][3].bool == true && value["a"][4] == .null && value["a"][9] == .null)
        #expect(value["n"].number == 7 && value["b"]["c"] == .null && value["a"].array?.count == 5)
    }

    @Test func `values of one's own types go in and out`() throws {
        struct Task: Codable, Equatable {
            var taskId: String
            var dueAt: Date
        }
        let task = Task(taskId: "t-1", dueAt: Date(timeIntervalSince1970: 1_765_022_400))

        let value = try JSONValue(encoding: task)

        #expect(value["dueAt"].string == "2025-12-06T12:00:00Z")
        #expect(try value.decoded(as: Task.self) == task)
    }
}
