import Access
import Events
import Testing

struct APIKeyTests {
    private func key(seed: UInt64 = 1) -> APIKey {
        var random = SeededGenerator(seed: seed)
        return APIKey(using: &random)
    }

    private func record(
        _ key: APIKey, expiresAt: Milliseconds? = nil, revokedAt: Milliseconds? = nil
    ) -> APIKeyRecord {
        APIKeyRecord(
            prefix: key.prefix, hash: key.hash, workspace: WorkspaceKey(1), user: UserID(validated: "bot"),
            role: .ingest,
            expiresAt: expiresAt, revokedAt: revokedAt)
    }

    private func error(_ record: APIKeyRecord, _ key: APIKey, now: Milliseconds = 0) -> APIKeyError? {
        do {
            try record.check(key, now: now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a key has marker, prefix and secret`() throws {
        let key = key()

        #expect(key.text.utf8.count == 44)
        #expect(key.text.hasPrefix("tl_\(key.prefix)_"))
        #expect(key.prefix.utf8.count == 8)
        let read = try #require(APIKey(key.text.utf8))
        #expect(read.text == key.text)
        #expect(read.hash == key.hash)
        #expect(APIKey.isLikely(key.text.utf8))
        #expect(!APIKey.isLikely("eyJhbGciOi".utf8))
    }

    @Test func `other texts are no keys`() {
        let text = key().text

        for length in 0..<text.count { #expect(APIKey(text.utf8.prefix(length)) == nil) }
        for wrong in [text + "a", text.uppercased(), " " + text, text.replacing("_", with: "-"), text.dropLast() + "1"]
        {
            #expect(APIKey(wrong.utf8) == nil)
        }
    }

    @Test func `a key does not print its secret`() {
        let key = key()
        let secret = key.text.suffix(32)
        var dumped = ""
        dump(key, to: &dumped)

        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains(secret)) }
    }

    @Test func `a record knows its key and no other`() {
        #expect(error(record(key()), key()) == nil)
        #expect(error(record(key()), key(seed: 2)) == .unknown)
    }

    @Test func `a record with another's prefix or hash fits nobody`() {
        let mixed = APIKeyRecord(
            prefix: key().prefix, hash: key(seed: 2).hash, workspace: WorkspaceKey(1), user: UserID(validated: "bot"),
            role: .admin)
        let empty = APIKeyRecord(
            prefix: key().prefix, hash: [], workspace: WorkspaceKey(1), user: UserID(validated: "bot"), role: .admin)

        #expect(error(mixed, key()) == .unknown)
        #expect(error(mixed, key(seed: 2)) == .unknown)
        #expect(error(empty, key()) == .unknown)
    }

    @Test func `a key ends when it expires or is revoked`() {
        let expiring = record(key(), expiresAt: 1000)

        #expect(error(expiring, key(), now: 999) == nil)
        #expect(error(expiring, key(), now: 1000) == .expired)
        #expect(error(record(key(), revokedAt: 5), key()) == .revoked)
        // Whoever does not have the key does not learn that it was revoked.
        #expect(error(record(key(), revokedAt: 5), key(seed: 2)) == .unknown)
    }

    @Test func `two keys from the system's generator differ`() {
        var random = SystemRandomNumberGenerator()
        let texts = (0..<100).map { _ in APIKey(using: &random).text }

        #expect(Set(texts).count == 100)
    }
}
