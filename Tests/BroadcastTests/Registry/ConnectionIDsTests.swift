import Broadcast
import Testing

struct ConnectionIDsTests {
    private static func ids(seed: UInt64 = 1) -> ConnectionIDs {
        var random = SeededRandom(seed: seed)
        return ConnectionIDs(using: &random)
    }

    private static let places = [0, 1, 63].flatMap { shard in
        [0, 1, 7, (1 << 26) - 1].flatMap { slot in
            [0, 1, UInt32.max].map { generation in
                ConnectionIDs.Place(shard: shard, token: StreamToken(slot: Int32(slot), generation: generation))
            }
        }
    }

    @Test func `an id leads back to its place, and no two places share one`() {
        let ids = Self.ids()

        let made = Self.places.map { ids.id(of: $0) }

        #expect(made.map { ids.place(of: $0) } == Self.places)
        #expect(Set(made).count == Self.places.count)
        #expect(made.allSatisfy { $0.hasPrefix("conn_") && $0.utf8.count == 18 })
    }

    @Test func `neighbours have nothing in common, so that one id does not give away another`() {
        let ids = Self.ids()

        let numbers = (0..<200).map { slot in
            let place = ConnectionIDs.Place(shard: 0, token: StreamToken(slot: Int32(slot), generation: 0))
            return UInt64(ids.id(of: place).dropFirst(5), radix: 36) ?? 0
        }

        let flips = zip(numbers, numbers.dropFirst()).map { ($0 ^ $1).nonzeroBitCount }
        #expect(flips.allSatisfy { (10...54).contains($0) })
        #expect((28...36).contains(flips.reduce(0, +) / flips.count))
    }

    @Test func `an id means nothing to another process`() {
        let place = ConnectionIDs.Place(shard: 1, token: StreamToken(slot: 2, generation: 3))

        let foreign = Self.ids(seed: 1).id(of: place)

        #expect(Self.ids(seed: 2).place(of: foreign) != place)
    }

    @Test(arguments: ["", "conn_", "conn_-1", "conn_+5", "conn_ 1", "conn_zzzzzzzzzzzzzzzz", "1", "conn_é", "conn_1\n"])
    func `what is no id leads nowhere`(_ text: String) {
        #expect(Self.ids().place(of: text) == nil)
    }

    @Test func `only one spelling of an id is right`() {
        let ids = Self.ids()
        let id = ids.id(of: ConnectionIDs.Place(shard: 0, token: StreamToken(slot: 0, generation: 0)))

        #expect(ids.place(of: "conn_" + id.dropFirst(5).uppercased()) == nil)
        #expect(ids.place(of: "conn_0" + id.dropFirst(5)) == nil)
    }
}
