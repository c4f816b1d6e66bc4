/// The way to one shard from any thread: its loop's mailbox. Joined to the event loops by the composition root.
package protocol ShardPort: Sendable {
    /// Runs `work` on the shard's loop, in the order of the calls of one thread; never blocks.
    func perform(_ work: @escaping @Sendable (Shard) -> Void)
}
