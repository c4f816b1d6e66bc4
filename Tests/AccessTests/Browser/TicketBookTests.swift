import Access
import Events
import Synchronization
import Testing

struct TicketBookTests {
    private func credential(_ user: String, expiresAt: Milliseconds = Forge.now + 3_600_000) -> Credential {
        .token(
            TokenClaims(user: UserID(validated: user), grants: WorkspaceGrants(), issuedAt: nil, expiresAt: expiresAt))
    }

    private func key(_ prefix: String) -> Credential {
        .apiKey(
            APIKeyRecord(
                prefix: prefix, hash: [], workspace: WorkspaceKey(1), user: UserID(validated: "svc"), role: .member))
    }

    @Test func `a ticket lets its holder in, once`() throws {
        var random = SeededGenerator(seed: 1)
        let book = TicketBook()

        let (ticket, expiresAt) = try book.issue(for: credential("ada"), now: Forge.now, using: &random)

        #expect(expiresAt == Forge.now + 30_000)
        #expect(book.take(ticket, now: Forge.now) == credential("ada"))
        #expect(book.take(ticket, now: Forge.now) == nil)
    }

    @Test(arguments: [(29_999, true), (30_000, false), (86_400_000, false)] as [(Milliseconds, Bool)])
    func `a ticket is good for half a minute`(age: Milliseconds, isGood: Bool) throws {
        var random = SeededGenerator(seed: 1)
        let book = TicketBook()
        let ticket = try book.issue(for: credential("ada"), now: Forge.now, using: &random).text

        #expect((book.take(ticket, now: Forge.now + age) != nil) == isGood)
    }

    @Test func `a ticket does not outlive its credential`() throws {
        var random = SeededGenerator(seed: 1)
        let book = TicketBook()
        let short = credential("ada", expiresAt: Forge.now + 5000)

        let (ticket, expiresAt) = try book.issue(for: short, now: Forge.now, using: &random)

        #expect(expiresAt == Forge.now + 5000)
        #expect(book.take(ticket, now: Forge.now + 5000) == nil)
    }

    @Test(arguments: ["", " ", "a", String(repeating: "a", count: 32), String(repeating: "a", count: 30_000)])
    func `what was not handed out is nothing`(text: String) { #expect(TicketBook().take(text, now: 0) == nil) }

    @Test func `tickets are long and differ`() throws {
        var random = SystemRandomNumberGenerator()
        let book = TicketBook()
        let tickets = try (0..<32).map { _ in
            try book.issue(for: credential("ada"), now: Forge.now, using: &random).text
        }

        #expect(Set(tickets).count == 32)
        #expect(
            tickets.allSatisfy {
                $0.utf8.count == 32 && $0.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz234567".utf8.contains($0) }
            })
    }

    @Test func `a holder's share is bounded, and nobody else's is touched`() throws {
        var random = SeededGenerator(seed: 2)
        let book = TicketBook()
        var tickets: [String] = []
        for step in 0..<TicketBook.maximumPerHolder {
            tickets.append(
                try book.issue(for: credential("ada"), now: Forge.now + Milliseconds(step), using: &random).text)
        }

        #expect(throws: TicketBook.Full.self) {
            try book.issue(for: credential("ada"), now: Forge.now + 1000, using: &random)
        }
        #expect(throws: Never.self) { try book.issue(for: credential("bob"), now: Forge.now, using: &random) }
        #expect(throws: Never.self) { try book.issue(for: key("aaaaaaaa"), now: Forge.now, using: &random) }
        // One used up makes room for one; so does time.
        #expect(book.take(tickets[0], now: Forge.now + 1000) != nil)
        #expect(throws: Never.self) { try book.issue(for: credential("ada"), now: Forge.now + 1000, using: &random) }
        #expect(throws: TicketBook.Full.self) {
            try book.issue(for: credential("ada"), now: Forge.now + 1000, using: &random)
        }
        #expect(throws: Never.self) { try book.issue(for: credential("ada"), now: Forge.now + 30_001, using: &random) }
    }

    @Test func `a full share says when there will be room`() throws {
        var random = SeededGenerator(seed: 2)
        let book = TicketBook()
        for _ in 0..<TicketBook.maximumPerHolder {
            _ = try book.issue(for: credential("ada"), now: Forge.now, using: &random)
        }

        let error = #expect(throws: TicketBook.Full.self) {
            try book.issue(for: credential("ada"), now: Forge.now + 12_000, using: &random)
        }

        #expect(error?.isOwn == true && error?.retryAfter == 18_000)
    }

    @Test func `the book is bounded, and what has expired makes room`() throws {
        var random = SeededGenerator(seed: 3)
        let book = TicketBook(capacity: 3)
        for user in ["a", "b", "c"] { _ = try book.issue(for: credential(user), now: Forge.now, using: &random) }

        let error = #expect(throws: TicketBook.Full.self) {
            try book.issue(for: credential("d"), now: Forge.now + 29_999, using: &random)
        }

        #expect(error?.isOwn == false)
        #expect(throws: Never.self) { try book.issue(for: credential("d"), now: Forge.now + 30_000, using: &random) }
    }

    @Test func `of many who come with one ticket at once, one is let in`() async throws {
        var random = SeededGenerator(seed: 4)
        let book = TicketBook()

        for _ in 0..<200 {
            let ticket = try book.issue(for: credential("ada"), now: Forge.now, using: &random).text
            let letIn = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 { group.addTask { book.take(ticket, now: Forge.now) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(letIn == 1)
        }
    }
}
