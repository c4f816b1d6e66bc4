import Foundation
import Testing

extension BrowserTests {
    /// The module's rules by themselves, in the engine they are written for.
    @Suite struct LogicTests {
        /// Runs the body of an async function that gives an object, with `check(name, found, wanted)` to compare.
        /// - Returns: what was not as wanted.
        private func failures(of script: String) async throws -> [String] {
            let scene = try await StreamScene.start()
            let browser = try await Chromium.start()
            try await browser.open("http://127.0.0.1:\(scene.server.port)/favicon.svg")
            let result = try await browser.runAsync(
                """
                const [done] = arguments;
                const failures = [];
                const check = (name, found, wanted) => {
                  const [a, b] = [found, wanted].map((value) => JSON.stringify(value));
                  if (a !== b) failures.push(`${name}: ${a}, not ${b}`);
                };
                const turn = () => new Promise((resume) => setTimeout(resume, 30));
                (async () => { \(script) })().then(() => done(failures), (error) => done([String(error.stack ?? error)]));
                """)
            try await browser.quit()
            return result.array.compactMap(\.string)
        }

        @Test func `backoff doubles its ceiling to the cap, spreads over all of it, and starts again after a success`()
            async throws
        {
            let failures = try await failures(
                of: """
                    const { Backoff } = await import('/realtime/backoff.js');
                    const highest = new Backoff(1000, 30000, () => 1);
                    check('ceilings', Array.from({ length: 7 }, () => highest.next()), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
                    check('attempts', highest.attempts, 7);
                    highest.reset();
                    check('again', highest.next(), 1000);
                    const lowest = new Backoff(1000, 30000, () => 0);
                    check('floor', [lowest.next(), lowest.next()], [100, 100]);
                    const half = new Backoff(1000, 30000, () => 0.5);
                    check('middle', [half.next(), half.next(), half.next()], [500, 1000, 2000]);
                    const long = new Backoff(1000, 30000, () => 1);
                    for (let i = 0; i < 5000; i += 1) long.next();
                    check('never beyond', long.next(), 30000);
                    """)

            #expect(failures == [])
        }

        @Test func `a position moves forward only, and knows what lies behind`() async throws {
            let failures = try await failures(
                of: """
                    const { StreamPosition } = await import('/realtime/position.js');
                    const position = new StreamPosition();
                    check('none', position.text, null);
                    check('behind from nowhere', position.isBehind('aaaaaaaaaa-5'), false);
                    check('first', position.move('aaaaaaaaaa-5'), true);
                    check('same', position.move('aaaaaaaaaa-5'), false);
                    check('older', position.move('aaaaaaaaaa-4'), false);
                    check('newer', position.move('aaaaaaaaaa-10'), true);
                    check('numbers, not texts', position.text, 'aaaaaaaaaa-10');
                    check('behind', [position.isBehind('aaaaaaaaaa-11'), position.isBehind('aaaaaaaaaa-10')], [true, false]);
                    check('other epoch', [position.isBehind('bbbbbbbbbb-1'), position.move('bbbbbbbbbb-1')], [true, true]);
                    position.jump('bbbbbbbbbb-0');
                    check('back', position.text, 'bbbbbbbbbb-0');
                    for (const text of ['', 'nonsense', '-5', 'a-', 'a-1x', 'a-12345678901234567', null, undefined]) {
                      check(`no position: ${text}`, StreamPosition.parse(text) ?? null, null);
                    }
                    """)

            #expect(failures == [])
        }

        @Test func `one of many leads, the next in line follows, and a thief is obeyed`() async throws {
            let failures = try await failures(
                of: """
                    const { Leadership } = await import('/realtime/leadership.js');
                    const told = [];
                    const make = (name) => new Leadership('test', (isLeader) => told.push(`${name} ${isLeader ? 'leads' : 'follows'}`));
                    const [a, b, c] = ['a', 'b', 'c'].map(make);
                    const leaders = () => [a, b, c].map(({ isLeader }) => isLeader);
                    a.join(); await turn(); b.join(); await turn(); c.join(); await turn();
                    check('joined', told.splice(0), ['a leads', 'b follows', 'c follows']);
                    a.leave(); await turn();
                    check('next in line', [told.splice(0), leaders()], [['b leads'], [false, true, false]]);
                    a.join(); await turn();
                    check('back of the line', told.splice(0), ['a follows']);
                    c.steal(); await turn();
                    check('stolen', [told.splice(0).sort(), leaders()], [['b follows', 'c leads'], [false, false, true]]);
                    c.steal(); await turn();
                    check('not from oneself', told.splice(0), []);
                    a.leave(); c.leave(); await turn();
                    check('who left the line is passed over', [told.splice(0), leaders()], [['b leads'], [false, true, false]]);
                    b.leave(); b.join(); await turn();
                    check('leave and join at once', [told.splice(0), leaders()], [['b follows', 'b leads'], [false, true, false]]);
                    b.leave(); await turn();
                    check('nobody', leaders(), [false, false, false]);
                    """)

            #expect(failures == [])
        }

        @Test func `a follower shows nothing twice, and nothing behind a hole before the hole is filled`() async throws
        {
            let failures = try await failures(
                of: """
                    const { Follower } = await import('/realtime/follower.js');
                    const { StreamPosition } = await import('/realtime/position.js');
                    const id = (number) => `aaaaaaaaaa-${number}`;
                    const event = (number) => ({ id: id(number) });
                    const position = new StreamPosition(id(3));
                    const [shown, asked] = [[], []];
                    let deposed = 0;
                    let isBroken = false;
                    let head = 3;
                    const deliver = (message) => shown.push(...(message.events ?? []).map((each) => each.id), ...(message.kind === 'reset' ? ['reset'] : []));
                    // A log that has every even number up to `head`.
                    const feed = {
                      state: 'live', detail: { state: 'live', attempt: 0, delay: 0, reason: null }, patience: 100000, statsAt: null, heartbeat: 30000,
                      async catchUp() {
                        await turn();
                        if (isBroken) throw new Error('away');
                        const events = [];
                        for (let number = 2; number <= head; number += 2) if (position.move(id(number))) events.push(event(number));
                        position.move(id(head));
                        deliver({ kind: 'segment', events });
                      },
                    };
                    const follower = new Follower({ feed, position, deliver, ask: (kind) => asked.push(kind), depose: () => { deposed += 1; } });
                    const segment = (after, numbers, upTo) => follower.receive({ kind: 'segment', after: id(after), events: numbers.map(event), upTo: id(upTo) });
                    follower.start(0);
                    await turn(); await turn();
                    check('asks who leads', asked.splice(0), ['hello']);
                    segment(3, [4], 5);
                    segment(1, [2, 4], 5);
                    check('joins on', shown.splice(0), [id(4)]);
                    // 6 to 9 were said while this tab slept.
                    head = 10;
                    segment(9, [10], 10);
                    segment(10, [12], 13);
                    check('waits', shown.splice(0), []);
                    await turn(); await turn();
                    check('filled in order', shown.splice(0), [id(6), id(8), id(10), id(12)]);
                    check('where it is', position.text, id(13));
                    isBroken = true;
                    segment(15, [16], 17);
                    await turn(); await turn();
                    check('nothing behind a hole', [shown.splice(0), position.text], [[], id(13)]);
                    isBroken = false;
                    head = 20;
                    await new Promise((resume) => setTimeout(resume, 2300));
                    check('read when possible', shown.splice(0), [id(14), id(16), id(18), id(20)]);
                    follower.receive({ kind: 'reset', reason: 'too_far', head: id(90), next: id(40) });
                    segment(90, [92], 92);
                    check('a reset of the leader is everybody\\'s', shown.splice(0), ['reset', id(92)]);
                    check('an answer was an answer', deposed, 0);
                    follower.check();
                    await new Promise((resume) => setTimeout(resume, 7700));
                    check('a silent leader is deposed', [asked.splice(0), deposed], [['hello'], 1]);
                    follower.stop();
                    """)

            #expect(failures == [])
        }

        @Test func `the list's log keeps its bound, and a pause tells what it lost`() async throws {
            let failures = try await failures(
                of: """
                    const { EventLog } = await import('/dashboard/event-log.js');
                    const log = new EventLog(3);
                    const add = (...names) => names.forEach((id) => log.add({ id }));
                    const names = (entries) => entries.map(({ id, gap }) => id ?? gap);
                    add('a', 'b');
                    check('newest first', [names(log.flush()), names(log.entries)], [['b', 'a'], ['b', 'a']]);
                    log.pause();
                    add('c', 'd', 'e');
                    check('paused', [names(log.flush()), log.arrived, log.waiting], [[], 3, 3]);
                    check('at the bound', names(log.resume()), ['e', 'd', 'c']);
                    log.pause();
                    add('f', 'g', 'h', 'i');
                    check('beyond', [log.arrived, log.waiting], [4, 3]);
                    check('told', names(log.resume()), ['i', 'h', 'g', 'Of the pause, 1 earlier event was not kept.']);
                    add('j');
                    log.flush();
                    check('bounded', log.entries.length <= 4 && log.entries[0].id, 'j');
                    log.pause();
                    for (let i = 0; i < 1000; i += 1) add(String(i));
                    check('counted', [log.arrived, names(log.resume()).slice(0, 3), log.entries.length <= 4], [1000, ['999', '998', '997'], true]);
                    """)

            #expect(failures == [])
        }
    }
}
