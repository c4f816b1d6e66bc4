// HTTP messages and the HTTP/1.1 wire format, without I/O (RFC 9110, RFC 9112, RFC 3986).
//
// Reading order: `HTTP1Parser` turns a connection's bytes into a `RequestHead`, `BodyDecoder` reads what follows it, and
// `ResponseEncoder` writes the answer. Around them: `FieldName` and `HTTPFields` (fields), `RequestPath`, `QueryString` and
// `PercentCoding` (targets), `MediaType`, `AcceptedTypes` and `EntityTag` (negotiation and conditions), `HTTPDate`.
//
// Where the RFCs let a server choose between repairing and refusing, this module refuses: whatever two readers could take
// for two different messages is never a message here.
