/// A value that belongs to a loop, in a box that may travel: carry it through other threads, open it on the loop.
// Sendable, though `Value` may not be: the value is read on the loop only (precondition), and it enters on the loop, or sent
// away by the caller for good. A copy of the box may be destroyed on any thread, so the last reference to a class may be dropped
// there: do not rely on the loop in a deinit.
package struct LoopBound<Value>: @unchecked Sendable {
    /// The loop to which the value belongs.
    package let loop: EventLoop
    private let content: Value

    /// Boxes a value of the current loop.
    package init(_ value: Value, loop: EventLoop) {
        loop.preconditionCurrent()
        content = value
        self.loop = loop
    }

    /// Boxes a value that the caller gives away, on any thread.
    package init(sending value: sending Value, loop: EventLoop) {
        content = value
        self.loop = loop
    }

    /// The value; traps off the loop.
    package var value: Value {
        loop.preconditionCurrent()
        return content
    }
}
