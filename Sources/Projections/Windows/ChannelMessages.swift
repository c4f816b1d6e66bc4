import Events

/// The live messages of each channel within a window, to the millisecond, so that a delete takes back exactly what its
/// message gave; counts the channels that have one.
struct ChannelMessages: Sendable {
    /// The times of a channel's messages: sorted, four bytes each, in chunks of an hour.
    struct Times: Sendable {
        private struct Chunk: Sendable {
            let hour: Int64
            /// Milliseconds into the hour, ascending.
            var offsets: [UInt32]
        }

        private static let hourLength: Milliseconds = 3_600_000

        /// Ascending by hour, none of them empty.
        private var chunks: [Chunk] = []

        var latest: Milliseconds? {
            chunks.last.flatMap { chunk in chunk.offsets.last.map { chunk.hour * Self.hourLength + Milliseconds($0) } }
        }

        /// Every time after `start`, ascending.
        func all(after start: Milliseconds) -> [Milliseconds] {
            chunks.flatMap { chunk in chunk.offsets.map { chunk.hour * Self.hourLength + Milliseconds($0) } }
                .filter { $0 > start }
        }

        mutating func insert(_ time: Milliseconds) {
            let (hour, offset) = Self.split(time)
            let place = chunkIndex(of: hour)
            guard place < chunks.count, chunks[place].hour == hour else {
                chunks.insert(Chunk(hour: hour, offsets: [offset]), at: place)
                return
            }
            chunks[place].offsets.insert(offset, at: chunks[place].offsets.lowerBound(of: offset))
        }

        /// Takes one message of `time` away, if there is one.
        mutating func remove(_ time: Milliseconds) {
            let (hour, offset) = Self.split(time)
            let place = chunkIndex(of: hour)
            guard place < chunks.count, chunks[place].hour == hour else { return }
            let index = chunks[place].offsets.lowerBound(of: offset)
            guard index < chunks[place].offsets.count, chunks[place].offsets[index] == offset else { return }
            chunks[place].offsets.remove(at: index)
            if chunks[place].offsets.isEmpty { chunks.remove(at: place) }
        }

        /// Drops the hours that ended before `start`.
        mutating func evict(before start: Milliseconds) {
            guard let oldest = chunks.first, (oldest.hour + 1) * Self.hourLength <= start else { return }
            chunks.removeAll { ($0.hour + 1) * Self.hourLength <= start }
        }

        /// Where the chunk of `hour` is or would be; most often the last.
        private func chunkIndex(of hour: Int64) -> Int {
            var index = chunks.count
            while index > 0, chunks[index - 1].hour >= hour { index -= 1 }
            return index
        }

        private static func split(_ time: Milliseconds) -> (hour: Int64, offset: UInt32) {
            let hour = time.floorDivided(by: hourLength)
            return (hour, UInt32(truncatingIfNeeded: time - hour * hourLength))
        }
    }

    private var channels: [ChannelID: Times] = [:]
    private var recency: RecencyWindow<ChannelID>

    init(window: Milliseconds) { recency = RecencyWindow(length: window) }

    /// Channels with a live message in the window.
    var activeCount: Int { recency.count }

    mutating func insert(_ channel: ChannelID, at time: Milliseconds, now: Milliseconds) {
        let start = now - recency.length
        guard time > start else { return }
        channels[channel, default: Times()].evict(before: start)
        channels[channel, default: Times()].insert(time)
        recency.touch(channel, at: time, now: now)
    }

    mutating func remove(_ channel: ChannelID, at time: Milliseconds, now: Milliseconds) {
        let start = now - recency.length
        guard time > start, channels[channel] != nil else { return }
        channels[channel]?.remove(time)
        if let latest = channels[channel]?.latest, latest > start {
            recency.setBack(channel, to: latest)
        } else {
            channels[channel] = nil
            recency.remove(channel)
        }
    }

    mutating func expire(now: Milliseconds) {
        for channel in recency.expire(now: now) { channels[channel] = nil }
    }

    /// Each channel with the times in its window, by id.
    func entries(now: Milliseconds) -> [(channel: ChannelID, times: [Milliseconds])] {
        channels.map { ($0.key, $0.value.all(after: now - recency.length)) }
            .sorted { $0.channel.text < $1.channel.text }
    }
}

extension [UInt32] {
    /// The first index whose element is not less than `value`; the array is ascending.
    fileprivate func lowerBound(of value: UInt32) -> Int {
        guard let last, last >= value else { return count }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
