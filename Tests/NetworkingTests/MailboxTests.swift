import Testing

@testable import Networking

struct MailboxTests {
    @Test func `a job that waits forbids the sleep`() {
        let mailbox = Mailbox()
        let outcome = mailbox.post(.work {})

        let fellAsleep = mailbox.fallAsleep()

        #expect(outcome == .queued && !fellAsleep)
    }

    @Test func `the first job of a sleep asks for a wake-up, the second does not`() {
        let mailbox = Mailbox()
        let fellAsleep = mailbox.fallAsleep()

        let outcomes = [mailbox.post(.work {}), mailbox.post(.work {})]

        #expect(fellAsleep && outcomes == [.queuedWake, .queued])
    }

    @Test func `a job that comes while the loop is awake asks for none`() {
        let mailbox = Mailbox()
        _ = mailbox.fallAsleep()
        var batch: [Mailbox.Job] = []
        mailbox.take(into: &batch)

        let outcome = mailbox.post(.work {})

        #expect(outcome == .queued && batch.isEmpty && mailbox.depth == 1)
    }

    @Test func `a closed mailbox refuses, and one with jobs is not closed`() {
        let mailbox = Mailbox()
        _ = mailbox.post(.work {})
        let isClosedEarly = mailbox.closeIfEmpty()
        var batch: [Mailbox.Job] = []
        mailbox.take(into: &batch)

        let isClosed = mailbox.closeIfEmpty()

        #expect(!isClosedEarly && isClosed && batch.count == 1)
        #expect(mailbox.post(.work {}) == .closed)
    }
}
