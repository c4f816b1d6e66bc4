package import CLinux
import Glibc

extension Connection {
    /// The most bytes flushed in one turn.
    private static var turnBytes: Int { 1 << 20 }

    /// Queues bytes; they leave at the end of the turn, together with all else queued in it. Ignored once the end was asked for.
    package func write(_ bytes: [UInt8]) {
        loop.preconditionCurrent()
        guard phase == .open else { return }
        guard output.isEmpty || output.byteCount + bytes.count <= Self.maximumQueuedBytes else {
            return close(.outputOverflow, abortively: true)
        }
        output.append(bytes)
        markDirty()
    }

    /// Sends at once, after what is queued, and keeps nothing: for streams that remember their own position.
    ///
    /// After anything but the whole was taken, ``ConnectionHandler/connectionWritable(_:)`` follows when there is room.
    /// - Parameter vectors: at most 1,024 are looked at.
    /// - Returns: how many bytes were taken; 0 when the socket is full; -1 when the connection is broken or closing, and then
    ///   ``ConnectionHandler/connectionClosed(_:reason:)`` comes or has come.
    package func writeDirectly(_ vectors: UnsafeBufferPointer<iovec>) -> Int {
        loop.preconditionCurrent()
        guard phase == .open else { return -1 }
        if facts.contains(.isBlocked) { return 0 }
        if !output.isEmpty {
            flush()
            guard phase == .open else { return -1 }
            if !output.isEmpty { return 0 }
        }
        switch unsafe send(vectors) {
        case .moved(let count):
            var total = 0
            for index in 0..<vectors.count { unsafe total += vectors[index].iov_len }
            if count < total || hasPendingRecords { becomeBlocked() }
            return count
        case .wouldBlock:
            becomeBlocked()
            return 0
        case .ended: return 0
        case .failed(let code):
            close(CloseReason(code: code), abortively: false)
            return -1
        }
    }

    /// Bytes queued here that the kernel has not taken.
    package var queuedBytes: Int { output.byteCount + (tls?.pendingBytes ?? 0) }

    /// Bytes that the peer has not acknowledged: queued here or in the kernel (SIOCOUTQ). One system call.
    package var unsentBytes: Int {
        loop.preconditionCurrent()
        guard phase != .closed else { return 0 }
        return queuedBytes + max(0, Int(tideline_send_queue_bytes(descriptor)))
    }

    /// Puts the connection on the loop's list of those to flush.
    func markDirty() {
        if facts.insert(.isDirty).inserted { loop.dirty.append(self) }
    }

    /// The end of a turn in which bytes were queued.
    func flushDirty() {
        facts.remove(.isDirty)
        if !facts.contains(.isBlocked) { flush() }
        tellWritable()
    }

    /// The socket has room again.
    func continueWriting() {
        guard facts.remove(.isBlocked) != nil else { return }
        flush()
        tellWritable()
        updateInterest()
    }

    private func tellWritable() {
        if phase == .open && !facts.contains(.isBlocked) { handler?.connectionWritable(self) }
    }

    /// Sends what is queued until the socket is full. A flush that empties the queue ends the phase of flushing.
    private func flush() {
        var budget = Self.turnBytes
        if let tls, tls.hasPending {
            switch tls.flushPending() {
            case .moved: break
            case .wouldBlock, .ended: return becomeBlocked()
            case .failed(let code): return close(CloseReason(code: code), abortively: false)
            }
        }
        while !output.isEmpty && phase != .closed {
            // Epoll reports the room that is left in the next turn.
            guard budget > 0 else { return becomeBlocked() }
            let outcome = unsafe loop.writeBuffer.withUnsafeMutableBytes { scratch in
                unsafe output.withNextRun(gatheringIn: scratch, send)
            }
            switch outcome {
            case .moved(let count):
                output.remove(count)
                budget -= count
                if hasPendingRecords { return becomeBlocked() }
            case .wouldBlock, .ended: return becomeBlocked()
            case .failed(let code): return close(CloseReason(code: code), abortively: false)
            }
        }
        guard case .flushing(let linger) = phase else { return }
        if let tls {
            tls.sayGoodbye()
            if tls.hasPending { return becomeBlocked() }
        }
        flushed(linger: linger)
    }

    func becomeBlocked() {
        facts.insert(.isBlocked)
        updateInterest()
    }

    // Everything that is written is written by these two.

    private func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        if let tls { return unsafe tls.send(bytes) }
        return unsafe SystemCall.send(descriptor, bytes)
    }

    private func send(_ vectors: UnsafeBufferPointer<iovec>) -> Transfer {
        guard let tls else { return unsafe SystemCall.send(descriptor, vectors) }
        return unsafe loop.writeBuffer.withUnsafeMutableBytes { scratch in
            unsafe tls.send(UnsafeRawBufferPointer(rebasing: scratch[..<Self.gather(vectors, into: scratch)]))
        }
    }

    /// Copies as much as fits: TLS has to touch every byte anyway, and few large records cost less than many small ones.
    private static func gather(_ vectors: UnsafeBufferPointer<iovec>, into scratch: UnsafeMutableRawBufferPointer)
        -> Int
    {
        var filled = 0
        for index in 0..<vectors.count where filled < scratch.count {
            let vector = unsafe vectors[index]
            let count = unsafe min(vector.iov_len, scratch.count - filled)
            unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[filled...]).copyMemory(
                from: UnsafeRawBufferPointer(start: vector.iov_base, count: count))
            filled += count
        }
        return filled
    }

    /// Records that the socket has not taken: nothing more is encrypted until it has.
    private var hasPendingRecords: Bool { tls?.hasPending ?? false }
}
