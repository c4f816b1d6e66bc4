import Broadcast
import Events
import Testing

struct ShardReplayTests {
    @Test func `a resume brings everything after the position and goes on live`() {
        let stage = Stage()
        stage.commit(23)
        stage.run()

        let client = stage.open(resume: 4)
        stage.commit(2)
        stage.run()
        stage.commit(2)
        stage.run()

        #expect(client.sequences == Array(5...27))
        #expect(client.messages[0].event == "connected" && client.messages[0].id == nil)
    }

    @Test func `a crowd that resumes from one place reads each page once`() {
        let stage = Stage()
        stage.commit(20)
        stage.run()

        let clients = (0..<50).map { stage.open(user: "u\($0)", resume: 0) }
        stage.run()

        #expect(clients.allSatisfy { $0.sequences == Array(1...20) })
        #expect(stage.log.fetches == 4)
    }

    @Test func `a page that cannot be read is tried again`() {
        let stage = Stage()
        stage.commit(8)
        stage.run()
        stage.log.failNext(2)

        let client = stage.open(resume: 0)
        stage.run()
        #expect(client.sequences.isEmpty)
        stage.advance(.seconds(4))

        #expect(client.sequences == Array(1...8))
    }

    @Test(arguments: [
        (3, "abcdefghij", 5, "pruned"), (9, "zzzzzzzzzz", 0, "epoch"), (10_000, "abcdefghij", 0, "ahead"),
    ]) func `a position that cannot be resumed gets a reset at the head and fresh figures`(
        position: Int64, epoch: String, floor: Int64, reason: String
    ) {
        let stage = Stage(head: 20)
        stage.registry.prune(to: floor)

        let client = stage.open(resume: position, epoch: Epoch(epoch)!, stats: true)
        stage.commit()
        stage.run()

        #expect(client.names == ["connected", "reset", "stats", "event"])
        #expect(client.messages[0].id == nil)
        #expect(client.messages[1].id == "abcdefghij-20")
        #expect(client.messages[1].data?.contains("\"reason\":\"\(reason)\"") == true)
        #expect(client.sequences == [21])
    }

    @Test func `a resume beyond the limit is told so, at once or on its way`() {
        var settings = StreamSettings()
        settings.replayLimit = 3_000
        let stage = Stage(settings)
        stage.commit(14)
        stage.run()

        let onItsWay = stage.open(resume: 0)
        stage.run()
        stage.commit(20)
        stage.run()
        let atOnce = stage.open(resume: 0)
        stage.run()

        #expect(onItsWay.names.contains("reset") || onItsWay.sequences == Array(1...34))
        #expect(atOnce.messages[1].data?.contains("too_far") == true)
        #expect(atOnce.sequences.isEmpty)
    }

    @Test func `a resume that turns out too long is told so on its way`() {
        var settings = StreamSettings()
        settings.replayLimit = 6_000
        let stage = Stage(settings)
        stage.commit(30)
        stage.run()

        let client = stage.open(resume: 0)
        stage.run()
        let replayed = client.sequences
        stage.commit()
        stage.run()

        #expect(replayed == Array(1..<Int64(replayed.count + 1)) && (10..<30).contains(replayed.count))
        #expect(client.messages.contains { $0.data?.contains("\"reason\":\"too_far\"") == true })
        #expect(client.sequences == replayed + [31])
    }

    @Test func `an evicted ring is made up for from the log`() {
        var settings = StreamSettings()
        settings.replayMemory = 4_000
        settings.stallTimeout = .seconds(100)
        let stage = Stage(settings)
        let client = stage.open(capacity: 400)
        for _ in 0..<100 {
            stage.commit()
            stage.run()
        }

        while client.sequences.count < 100 {
            client.drain(700)
            stage.run()
        }

        #expect(client.sequences == Array(1...100))
        #expect(stage.log.fetches > 0)
    }

    /// Semantics, "Positions": cut at every byte of `connected`, the replay and `reset`, resume each time.
    @Test func `a cut at any byte loses and repeats nothing`() {
        let stage = Stage()
        stage.commit(17)
        stage.run()
        let whole = stage.open(resume: 2, stats: true)
        stage.run()
        let length = whole.bytes.count
        whole.disconnect()

        for cut in 0...length {
            let first = stage.open(resume: 2, stats: true, capacity: cut)
            stage.run()
            first.disconnect()
            let position = first.lastID?.sequence ?? 2
            let second = stage.open(resume: position, stats: true)
            stage.run()
            second.disconnect()

            #expect(first.sequences + second.sequences == Array(3...17), "cut after \(cut) of \(length) bytes")
        }
    }

    @Test func `a cut at any byte of a reset ends in a stream at the head`() {
        let stage = Stage(head: 40)
        let other = Epoch("zzzzzzzzzz")!
        let whole = stage.open(resume: 9, epoch: other, stats: true)
        let length = whole.bytes.count
        whole.disconnect()

        for cut in 0...length {
            let first = stage.open(resume: 9, epoch: other, stats: true, capacity: cut)
            first.disconnect()
            let last = first.lastID
            let second = stage.open(
                resume: last?.sequence ?? 9, epoch: last?.epoch ?? other, stats: true)
            second.disconnect()

            let hasReset = first.names.contains("reset") || second.names.contains("reset")
            #expect(hasReset, "cut after \(cut) of \(length) bytes")
            #expect(second.names.contains("stats"))
        }
    }
}
