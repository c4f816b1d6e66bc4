import Glibc
import Networking
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    @Test(arguments: [Client.Kind.tcp, .stream, .tls])
    func `an echo through a small send buffer loses and reorders nothing`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind) { connection, probe in
                connection.setOptions(sendBuffer: 4096)
                probe.onReceived = { connection, bytes in
                    connection.write(bytes)
                    if connection.queuedBytes > 65_536 { connection.pauseReading() }
                    return bytes.count
                }
                probe.onWritable = { $0.resumeReading() }
            }
            let sent = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) }

            let client = pair.client
            Thread.run { client.send(sent) }
            let received = Feed<[UInt8]>()
            Thread.run { received.send(client.read(sent.count)) }

            #expect(await received.next() == sent)
        }
    }

    @Test func `what one turn writes leaves in one system call`() async throws {
        try await withLoops { group in
            // A socket that keeps the boundaries of sends.
            let pair = try await Pair.make(on: group.loops[0], kind: .packets)

            await pair.run { connection in
                for piece in [[1, 2], [3], [], [4, 5, 6]] as [[UInt8]] { connection.write(piece) }
            }

            #expect(pair.client.readOnce() == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test func `a direct write to a full socket takes nothing and room is told later`() async throws {
        try await withLoops { group in
            // A Unix socket: what was sent waits for the reader, and there is no network in between to take it.
            let pair = try await Pair.make(on: group.loops[0], kind: .stream)

            let (total, last, unsent) = await pair.run { connection in
                var total = 0
                var taken = 0
                repeat {
                    taken = writeDirectly([UInt8](repeating: 7, count: 65_536), to: connection)
                    total += taken
                } while taken > 0
                return (total, taken, connection.unsentBytes)
            }
            #expect(total > 0 && last == 0 && unsent > 0)
            #expect(pair.notices.pending.isEmpty)

            #expect(pair.client.read(total).count == total)
            #expect(await pair.notices.next() == .writable)
            #expect(await pair.run { writeDirectly([1], to: $0) } == 1)
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `a stream that writes directly goes on whenever there is room`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let sent = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
            @Sendable func advance(_ connection: Connection, _ probe: Probe) {
                while probe.position < sent.count {
                    let taken = writeDirectly(Array(sent[probe.position...].prefix(30_000)), to: connection)
                    if taken <= 0 { return }
                    probe.position += taken
                }
            }
            let pair = try await Pair.make(on: group.loops[0], kind: kind) { connection, probe in
                connection.setOptions(
                    sendBuffer: 65_536, notSentLowAt: 16_384, userTimeout: .seconds(10), noDelay: true)
                probe.onWritable = { [unowned probe] in advance($0, probe) }
                advance(connection, probe)
            }

            #expect(pair.client.read(sent.count) == sent)
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `a direct write goes after what is queued`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind)

            let taken = await pair.run { connection in
                connection.write([1, 2])
                return writeDirectly([3], to: connection)
            }

            #expect(taken == 1)
            #expect(pair.client.read(3) == [1, 2, 3])
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `a handler hears that its queued bytes have left, also when the socket took them at once`(kind: Client.Kind)
        async throws
    {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind)

            await pair.run { connection in
                connection.write([1])
                connection.write([2])
            }

            #expect(await pair.notices.next() == .writable)
            await group.loops[0].run {}
            #expect(pair.notices.pending.isEmpty)
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `a half-close is told once and our half stays open`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind)

            pair.client.send([1])
            pair.client.finishSending()

            #expect(await pair.notices.next() == .received([1]))
            #expect(await pair.notices.next() == .peerClosed)
            await pair.run { $0.write([9]) }
            #expect(pair.client.read(1) == [9])
            #expect(await pair.notices.next() == .writable)
            await pair.run { $0.shutdownWrite() }
            #expect(await pair.notices.next() == .closed(.finished))
            #expect(pair.notices.pending.isEmpty)
        }
    }

    @Test func `a half-close is told while reading is paused and the bytes before it still come`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0]) { connection, _ in connection.pauseReading() }

            pair.client.send([1, 2])
            pair.client.finishSending()

            #expect(await pair.notices.next() == .peerClosed)
            await pair.run { $0.resumeReading() }
            #expect(await pair.notices.next() == .received([1, 2]))
            await group.loops[0].run {}
            #expect(pair.notices.pending.isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `a reset closes the connection`(isPaused: Bool) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0]) { connection, _ in
                if isPaused { connection.pauseReading() }
            }

            pair.client.reset()

            #expect(await pair.notices.next() == .closed(.peerReset))
        }
    }

    @Test func `a direct write to a broken connection says so, and then it closes`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0])
            let client = pair.client

            let taken = await pair.run { connection in
                client.reset()
                return [writeDirectly([1], to: connection), writeDirectly([1], to: connection)]
            }

            #expect(taken == [-1, -1])
            #expect(await pair.notices.next() == .closed(.peerReset))
            #expect(pair.notices.pending.isEmpty)
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `bytes that were not consumed come again in front of the next`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind) { _, probe in
                probe.onReceived = { _, bytes in bytes.count / 4 * 4 }
            }

            let script: [([UInt8], [UInt8])] = [
                ([1], [1]), ([2, 3], [1, 2, 3]), ([4, 5, 6], [1, 2, 3, 4, 5, 6]), ([7], [5, 6, 7]),
            ]
            for (next, offered) in script {
                pair.client.send(next)
                #expect(await pair.notices.next() == .received(offered))
            }
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `resuming offers what was left, without new bytes`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind) { _, probe in
                probe.onReceived = { connection, _ in
                    connection.pauseReading()
                    return 1
                }
            }
            pair.client.send([1, 2, 3])

            #expect(await pair.notices.next() == .received([1, 2, 3]))
            await pair.run { $0.resumeReading() }
            #expect(await pair.notices.next() == .received([2, 3]))
            await pair.run { connection in
                connection.resumeReading()
                connection.pauseReading()
            }
            #expect(pair.notices.pending.isEmpty)
        }
    }

    @Test(arguments: [Client.Kind.tcp, .tls])
    func `a handler that consumes nothing of a mebibyte loses its connection`(kind: Client.Kind) async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0], kind: kind) { _, probe in
                probe.onReceived = { _, _ in 0 }
            }
            let client = pair.client

            Thread.run { client.send([UInt8](repeating: 1, count: Connection.maximumUnconsumedBytes + 1)) }

            var last = await pair.notices.next()
            while case .received = last { last = await pair.notices.next() }
            #expect(last == .closed(.inputOverflow))
        }
    }

    @Test func `a writer that does not wait for room loses its connection`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0])

            await pair.run { connection in
                connection.write([UInt8](repeating: 1, count: Connection.maximumQueuedBytes))
                #expect(!connection.isClosing)
                connection.write([1])
                #expect(connection.isClosing)
            }

            #expect(await pair.notices.next() == .closed(.outputOverflow))
        }
    }

    @Test func `closing after the flush sends everything first`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0]) { connection, _ in
                connection.setOptions(sendBuffer: 4096)
            }
            let answer = [UInt8](repeating: 5, count: 1_000_000)

            await pair.run { connection in
                connection.write(answer)
                connection.closeAfterFlush()
                connection.write([6])
            }

            #expect(await pair.client.readAll()?.bytes == answer)
            #expect(await pair.notices.next() == .closed(.finished))
        }
    }

    @Test func `lingering throws input away until the peer's FIN`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0])

            await pair.run { connection in
                connection.write([1])
                connection.shutdownWrite(linger: .seconds(30))
            }
            #expect(pair.client.read(2) == [1])
            pair.client.send([UInt8](repeating: 0, count: 100_000))
            await group.loops[0].run {}
            #expect(pair.notices.pending.isEmpty)

            pair.client.finishSending()
            #expect(await pair.notices.next() == .closed(.finished))
        }
    }

    @Test func `lingering ends without the peer's FIN when its time is over`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0])

            await pair.run { $0.shutdownWrite(linger: .milliseconds(30)) }

            #expect(await pair.notices.next() == .closed(.finished))
        }
    }

    @Test func `closing with a reset is seen by the peer as one`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0])

            await pair.run { connection in
                connection.closeNow(reset: true)
                connection.closeNow(reset: true)
            }

            #expect(await pair.notices.next() == .closed(.aborted))
            #expect(await pair.client.readAll()?.isReset == true)
            #expect(pair.notices.pending.isEmpty)
        }
    }

    @Test func `a closed connection and its handler are released though they hold each other`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let (server, client) = try Client.connectedPair()
            let notices = Feed<Probe.Notice>()
            let witness = await loop.run { () -> LoopBound<Witness> in
                let witness = Witness()
                Connection.open(descriptor: server, peer: .v4(0, port: 0), on: loop) { connection in
                    let probe = Probe(notices)
                    probe.kept = connection
                    connection.handler = probe
                    witness.probe = probe
                    witness.connection = connection
                }
                return LoopBound(witness, loop: loop)
            }

            client.finishSending()
            #expect(await notices.next() == .peerClosed)
            await loop.run { witness.value.connection?.closeNow() }
            #expect(await notices.next() == .closed(.aborted))

            // The next turn: the loop has let go by then.
            await loop.run {
                #expect(witness.value.connection == nil)
                #expect(witness.value.probe == nil)
            }
            #expect(loop.connectionCount == 0)
        }
    }

    @Test func `an event for a closed descriptor does not reach its next owner`() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let heirNotices = Feed<Probe.Notice>()
            let (heirServer, heirClient) = try Client.connectedPair()
            let second = try await Pair.make(on: loop)
            let first = try await Pair.make(on: loop) { _, probe in
                probe.onReceived = { _, bytes in
                    second.connection.value.closeNow()
                    // Takes over the slot, and by dup the number, of the connection that was closed.
                    let heir = fcntl(heirServer, F_DUPFD_CLOEXEC, 0)
                    close(heirServer)
                    Connection.open(descriptor: heir, peer: .v4(0, port: 0), on: loop) { connection in
                        connection.handler = Probe(heirNotices)
                        connection.pauseReading()
                    }
                    return bytes.count
                }
            }

            // Both become ready while the loop is busy, so that one wait reports both, in this order.
            await loop.run {
                first.client.send([1])
                second.client.finishSending()
            }

            #expect(await first.notices.next() == .received([1]))
            #expect(await second.notices.next() == .closed(.aborted))
            await loop.run {}
            #expect(heirNotices.pending.isEmpty)
            heirClient.finishSending()
            #expect(await heirNotices.next() == .peerClosed)
        }
    }

    @Test func `an idle connection is one small object, also after it was used`() async throws {
        try await withLoops { group in
            let pair = try await Pair.make(on: group.loops[0]) { _, probe in
                probe.onReceived = { connection, bytes in
                    connection.write(bytes)
                    return bytes.count
                }
            }
            pair.client.send([UInt8](repeating: 1, count: 1000))
            #expect(pair.client.read(1000).count == 1000)
            await group.loops[0].run {}

            let (bytes, queued) = await pair.run { (heapBytes(of: $0), $0.queuedBytes) }

            #expect(bytes > 0 && bytes <= 256, "\(bytes) bytes")
            #expect(queued == 0)
        }
    }

    @Test func `a connection without a handler is closed`() async throws {
        try await withLoops { group in
            let (server, client) = try Client.connectedPair()

            await group.loops[0].run {
                Connection.open(descriptor: server, peer: .v4(0, port: 0), on: group.loops[0]) { _ in }
            }

            #expect(client.read(1).isEmpty)
        }
    }
}

private final class Witness {
    weak var connection: Connection?
    weak var probe: Probe?
}

/// What malloc gave for an object.
private func heapBytes(of object: AnyObject) -> Int {
    guard let symbol = unsafe dlsym(nil, "malloc_usable_size") else { return 0 }
    let measure = unsafe unsafeBitCast(symbol, to: (@convention(c) (UnsafeRawPointer?) -> Int).self)
    return unsafe measure(UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque()))
}

private func writeDirectly(_ bytes: [UInt8], to connection: Connection) -> Int {
    var bytes = bytes
    return unsafe bytes.withUnsafeMutableBytes { buffer in
        let vector = unsafe iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return unsafe withUnsafePointer(to: vector) {
            unsafe connection.writeDirectly(UnsafeBufferPointer(start: $0, count: 1))
        }
    }
}
