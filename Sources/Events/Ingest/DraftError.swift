/// Why a body is no event. Becomes the `code`, `detail` and `errors` of a problem+json answer, or of a batch item.
package struct DraftError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// 400: not JSON.
        case invalidJSON = "invalid_json"
        /// 400: an object has the same key twice.
        case duplicateKey = "duplicate_key"
        /// 400: nested deeper than `limits.jsonDepth`.
        case tooDeep = "too_deep"
        /// 413: longer than an event may be.
        case tooLarge = "too_large"
        /// 422: `eventType` is absent or does not match the pattern.
        case invalidType = "invalid_type"
        /// 422: not in the catalogue, and `events.unknownTypes` is `reject`.
        case unknownType = "unknown_type"
        /// 422: `eventId`, `sessionId` or `userId` is no id.
        case invalidID = "invalid_id"
        /// 422: `eventData` is not what its type asks for.
        case invalidPayload = "invalid_payload"
        /// 403: the role may not name another user or a time.
        case forbidden
        /// 422: another member is not what it should be.
        case invalidParameter = "invalid_parameter"
    }

    /// One thing that is wrong: `pointer` is a JSON pointer into the body.
    package struct Detail: Sendable, Equatable {
        package let pointer: String
        package let detail: String

        package init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    package let code: Code
    package let detail: String
    /// Empty where the body as a whole is wrong.
    package let errors: [Detail]

    package init(_ code: Code, detail: String, errors: [Detail] = []) {
        self.code = code
        self.detail = detail
        self.errors = errors
    }

    /// An error about the member at `pointer`.
    init(_ code: Code, at pointer: String, _ detail: String) {
        self.init(
            code, detail: "\(pointer) \(detail)", errors: [Detail(pointer: pointer, detail: detail)])
    }

    package init(_ error: JSONError) {
        switch error.reason {
        case .duplicateKey: self.init(.duplicateKey, detail: "duplicate key at byte \(error.offset)")
        case .tooDeep: self.init(.tooDeep, detail: "nested too deep at byte \(error.offset)")
        case .tooLarge: self.init(.tooLarge, detail: "longer than \(error.offset) bytes")
        case .unexpectedByte, .unexpectedEnd, .trailingContent, .invalidNumber, .invalidEscape, .controlByte,
            .invalidUTF8, .loneSurrogate:
            self.init(.invalidJSON, detail: "not JSON: \(error.reason.rawValue) at byte \(error.offset)")
        }
    }
}
