extension Connection {
    /// The most bytes read in one turn, so that one fast peer does not starve the others.
    private static var turnBytes: Int { 256 << 10 }

    /// Stops taking input: the kernel's buffer fills, and the peer has to wait.
    package func pauseReading() {
        loop.preconditionCurrent()
        facts.insert(.isReadingPaused)
        updateInterest()
    }

    /// Takes input again; bytes that were not consumed are offered once more, later in this turn or in the next one.
    package func resumeReading() {
        loop.preconditionCurrent()
        guard facts.contains(.isReadingPaused), phase == .open else { return }
        facts.remove(.isReadingPaused)
        updateInterest()
        if !unconsumed.isEmpty && facts.insert(.isRereading).inserted { loop.rereading.append(self) }
    }

    /// Whether the peer has said that it sends no more.
    package var isPeerClosed: Bool { facts.contains(.isPeerClosureReported) }

    /// Offers the kept bytes again.
    func reread() {
        facts.remove(.isRereading)
        guard phase == .open, !facts.contains(.isReadingPaused), !unconsumed.isEmpty else { return }
        let kept = exchange(&unconsumed, with: [])
        unsafe keep(kept.span.bytes, after: offer(kept.span.bytes))
    }

    /// Reads what is there, up to the bound of a turn. A read that does not fill the buffer has emptied the socket.
    func readAvailable() {
        guard tls?.isEstablished ?? true || shakeHands() else { return }
        var budget = Self.turnBytes
        while budget > 0 && isReading {
            switch receive() {
            case .moved(let count):
                if phase == .open { take(count) }
                // A TLS record says nothing about what is behind it.
                if count < EventLoop.bufferBytes, tls == nil { return }
                budget -= count
            case .wouldBlock: return
            case .ended: return inputEnded()
            case .failed(let code): return close(CloseReason(code: code), abortively: false)
            }
        }
    }

    /// Everything that is read is read here, into the loop's buffer.
    private func receive() -> Transfer {
        unsafe loop.readBuffer.withUnsafeMutableBytes { buffer in
            if let tls { return unsafe tls.receive(into: buffer) }
            return unsafe SystemCall.receive(descriptor, into: buffer)
        }
    }

    /// Offers what was kept and the first `count` bytes of the loop's buffer.
    private func take(_ count: Int) {
        let buffer = loop.readBuffer
        if unconsumed.isEmpty {
            let fresh = unsafe buffer.span.bytes.extracting(first: count)
            keep(fresh, after: offer(fresh))
        } else {
            // Out of the property while the handler runs: it may close the connection, which empties it.
            var all = exchange(&unconsumed, with: [])
            all.append(contentsOf: buffer[..<count])
            unsafe keep(all.span.bytes, after: offer(all.span.bytes))
        }
        if unconsumed.count > Self.maximumUnconsumedBytes && !facts.contains(.isReadingPaused) {
            close(.inputOverflow, abortively: true)
        }
    }

    private func offer(_ bytes: RawSpan) -> Int {
        let consumed = handler?.connection(self, received: bytes) ?? 0
        precondition(consumed >= 0 && consumed <= bytes.byteCount, "a handler consumed more than it was offered")
        return consumed
    }

    private func keep(_ bytes: RawSpan, after consumed: Int) {
        guard phase == .open, consumed < bytes.byteCount else { return }
        unconsumed = unsafe bytes.extracting(droppingFirst: consumed).withUnsafeBytes { unsafe Array($0) }
    }

    private func inputEnded() {
        facts.insert(.isInputEnded)
        switch phase {
        case .open: reportPeerClosed()
        case .flushing: break
        case .lingering: return close(.finished, abortively: false)
        case .closed: return
        }
        updateInterest()
    }

    func reportPeerClosed() {
        guard phase == .open, facts.insert(.isPeerClosureReported).inserted else { return }
        updateInterest()
        handler?.connectionPeerClosed(self)
    }
}
