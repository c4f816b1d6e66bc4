/// A field that cannot be written: its value would end the line or the id would be ignored by every reader.
public enum EventStreamFieldError: Error, Hashable, Sendable {
    /// `event:` with a CR, LF or NUL.
    case type
    /// `id:` with a CR, LF or NUL.
    case id
    /// A negative `retry:`.
    case retry
}
