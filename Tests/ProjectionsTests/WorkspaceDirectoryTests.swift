import Events
import Projections
import Testing

struct WorkspaceDirectoryTests {
    private let channel = ChannelID(validated: "c")
    private let ann = UserID(validated: "ann")
    private let bob = UserID(validated: "bob")

    private func directory(_ build: (inout LogScript) -> Void) -> WorkspaceDirectory {
        var script = LogScript()
        build(&script)
        var directory = WorkspaceDirectory(id: WorkspaceID(validated: "w"))
        for committed in script.events { directory.apply(committed) }
        return directory
    }

    private func created(_ kind: EventFacts.ChannelType, isPrivate: Bool) -> EventFacts {
        .channelCreated(kind: kind, title: "T", isPrivate: isPrivate)
    }

    @Test func `the workspace's own events set slug and zone`() {
        let directory = directory {
            $0.append(
                "workspace.created", .workspace(slug: WorkspaceID(validated: "acme"), timeZone: "Asia/Tokyo"), at: 1)
            $0.append("workspace.updated", .workspace(slug: nil, timeZone: "Europe/Berlin"), at: 2)
        }

        #expect(directory.slug.text == "acme")
        #expect(directory.timeZone == "Europe/Berlin")
    }

    @Test func `a removed member keeps the time of removal and no channel`() {
        let directory = directory {
            $0.append("member.added", .memberAdded(user: ann, role: .admin), at: 1)
            $0.append("conversation.created", created(.channel, isPrivate: true), by: "ann", channel: "c", at: 2)
            $0.append("member.removed", .memberRemoved(user: ann), at: 3, receivedAt: 7)
        }

        #expect(directory.members[ann] == .init(role: .admin, since: 1, removedAt: 7))
        #expect(!directory.isMember(ann, of: channel))
    }

    @Test func `a member who is added again is a member since then`() {
        let directory = directory {
            $0.append("member.added", .memberAdded(user: ann, role: .admin), at: 1)
            $0.append("member.removed", .memberRemoved(user: ann), at: 2)
            $0.append("member.added", .memberAdded(user: ann, role: .ingest), at: 3)
        }

        #expect(directory.members[ann] == .init(role: .ingest, since: 3))
    }

    @Test func `the creator joins, others join and leave`() {
        let directory = directory {
            $0.append("conversation.created", created(.channel, isPrivate: false), by: "ann", channel: "c", at: 1)
            $0.append("conversation.joined", .channelJoined(user: nil), by: "bob", channel: "c", at: 2)
            $0.append("conversation.joined", .channelJoined(user: bob), by: "ann", channel: "c", at: 3)
            $0.append("conversation.left", .channelLeft(user: nil), by: "ann", channel: "c", at: 4)
        }

        #expect(directory.channels[channel]?.members == [bob: 2])
        #expect(directory.isKnown(channel))
        #expect(!directory.isPrivate(channel))
    }

    @Test func `both sides of a dm begin at zero`() {
        let directory = directory {
            $0.append("conversation.created", created(.dm, isPrivate: true), by: "ann", channel: "c", at: 1)
            $0.append("conversation.joined", .channelJoined(user: bob), by: "ann", channel: "c", at: 2)
        }

        #expect(directory.channels[channel]?.members == [ann: 0, bob: 0])
    }

    @Test func `a private channel can't be opened by creating it again`() {
        let directory = directory {
            $0.append("conversation.created", created(.channel, isPrivate: true), by: "ann", channel: "c", at: 1)
            $0.append("conversation.created", created(.channel, isPrivate: false), by: "bob", channel: "c", at: 2)
        }

        #expect(directory.isPrivate(channel))
        #expect(directory.channels[channel]?.members == [ann: 1])
    }

    @Test(arguments: [true, false])
    func `who joined before the channel was created stays only in a public one`(isPrivate: Bool) {
        let directory = directory {
            $0.append("conversation.joined", .channelJoined(user: nil), by: "bob", channel: "c", at: 1)
            $0.append("conversation.created", created(.channel, isPrivate: isPrivate), by: "ann", channel: "c", at: 2)
        }

        #expect(directory.channels[channel]?.members == (isPrivate ? [ann: 2] : [ann: 2, bob: 1]))
    }

    @Test func `a channel that only messages name is public and unknown`() {
        let directory = directory { $0.send("m", in: "c", at: 1) }

        #expect(!directory.isKnown(channel))
        #expect(!directory.isPrivate(channel))
        #expect(!directory.isMember(ann, of: channel))
    }
}
