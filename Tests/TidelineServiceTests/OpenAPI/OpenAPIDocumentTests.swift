import Events
import HTTPProtocol
import HTTPServer
import Testing

@testable import TidelineService

struct OpenAPIDocumentTests {
    @Test func `an undescribed route is found, one of the control socket is not part of the API`() {
        let routes = [
            Route(.get, "/api/secret-garden") { _, _ in },
            Route(.get, "/control/things", isLocalOnly: true) { _, _ in },
            Route(.get, "/api/me") { _, _ in },
        ]

        let document = OpenAPIDocument(routes: routes)

        #expect(document.undescribed.map(\.pattern) == ["/api/secret-garden"])
    }

    @Test func `every operation has an id of its own`() {
        let ids = Operation.table.map(\.id)

        #expect(Set(ids).count == ids.count)
    }

    @Test func `the payloads described are those of the catalogue, each once`() {
        let described = PayloadSchemas.table.flatMap(\.types)

        #expect(described.sorted() == Catalogue.types.sorted())
    }

    @Test func `a schema knows which members must be there and which may be null`() {
        let schema = Schema.input(["a": .count, "b?": .string])

        var bytes: [UInt8] = []
        schema.tree.append(to: &bytes)

        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"type":"object","properties":{"a":{"type":"integer","minimum":0},"#
                + #""b":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["a"]}"#)
    }

    @Test func `texts are escaped and members keep their order`() throws {
        let tree: JSONTree = ["z": ["quote \" back \\ line \n", 1, true, nil], "a": [:]]

        var bytes: [UInt8] = []
        tree.append(to: &bytes)

        #expect(String(decoding: bytes, as: UTF8.self) == #"{"z":["quote \" back \\ line \u000a",1,true,null],"a":{}}"#)
    }
}
