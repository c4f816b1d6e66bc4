import Foundation
import Testing

extension BrowserTests {
    /// The module as other pages use it.
    @Suite struct ModuleTests {
        /// Runs the body of an async function of `workspace`, with `until` to wait and `calls` to note things in.
        private func run(_ scene: StreamScene, _ script: String) async throws -> TestJSON {
            let page = try await DashboardPage.open(scene)
            // Its own page: the dashboard's stream would be shared.
            try await page.browser.open(page.origin + "/favicon.svg")
            let result = try await page.browser.runAsync(
                """
                const [workspace, done] = arguments;
                const calls = [];
                const until = (isReady) => new Promise((resume, fail) => {
                  const limit = setTimeout(() => { clearInterval(clock); fail(new Error(`not: ${isReady} after ${calls.join(' ')}`)); }, 15000);
                  const clock = setInterval(() => { if (isReady()) { clearInterval(clock); clearTimeout(limit); resume(); } }, 20);
                });
                (async () => {
                  const module = await import('/realtime.js');
                  \(script)
                })().then(done, (error) => done({ failure: String(error) }));
                """, [.string(scene.workspace)])
            #expect(result["failure"].isNull, "\(result["failure"])")
            try await page.close()
            return result
        }

        @Test func `S4-18, S4-19 · the browser module streams, tracks, disconnects, and its twin polls`() async throws {
            let scene = try await StreamScene.start()

            let life = try await run(
                scene,
                """
                const { RealtimeAnalytics, RealtimeAnalyticsPolling } = module;
                const live = new RealtimeAnalytics(workspace, {
                  onConnect: () => calls.push('connect'), onDisconnect: (reason) => calls.push(`disconnect ${reason}`),
                  onStatsUpdate: () => calls.push('stats'), onError: (error) => calls.push(`error ${error.message}`),
                  onEvent: (event) => calls.push(event.eventType),
                });
                await until(() => live.isConnected && live.stats);
                const answer = await live.trackEvent('test.tracked', { n: 1 }, { sessionId: 's-1' });
                await until(() => calls.includes('test.tracked'));
                live.disconnect();
                const { isConnected } = live;
                await live.trackEvent('test.away');
                live.reconnect();
                await until(() => calls.includes('test.away'));
                live.close();
                const polling = new RealtimeAnalyticsPolling(workspace, 200, { onEvent: (event) => calls.push(`poll ${event.eventType}`) });
                await until(() => polling.isConnected && polling.stats);
                await polling.trackEvent('test.polled');
                await until(() => calls.includes('poll test.polled'));
                polling.close();
                const surface = ['reconnect', 'disconnect'].filter((name) => name in polling);
                return { calls: calls.filter((call) => call !== 'stats'), answer, isConnected, figures: Object.keys(polling.stats).length, surface };
                """)

            let expected: TestJSON = [
                "connect", "test.tracked", "disconnect disconnected", "connect", "test.away", "disconnect disconnected",
                "poll test.polled",
            ]
            #expect(life["calls"] == expected)
            #expect(life["answer"]["success"].bool == true && life["isConnected"].bool == false)
            #expect((life["figures"].int ?? 0) >= 9 && life["surface"].array.isEmpty)
        }

        @Test func `S4-18 · enabled, autoReconnect, maxReconnectAttempts and reconnectDelay are kept`() async throws {
            let scene = try await StreamScene.start()

            let kept = try await run(
                scene,
                """
                const { RealtimeAnalytics } = module;
                const opened = [];
                window.EventSource = class extends EventTarget {
                  static CLOSED = 2;
                  readyState = 1;
                  constructor(url) { super(); opened.push(performance.now()); setTimeout(() => this.dispatchEvent(new Event('error')), 5); }
                  close() { this.readyState = 2; }
                };
                const idle = new RealtimeAnalytics(workspace, { enabled: false, share: 'idle' });
                await new Promise((resume) => setTimeout(resume, 100));
                const whileIdle = opened.length;
                const once = new RealtimeAnalytics(workspace, { autoReconnect: false, share: 'once' });
                await until(() => once.state === 'closed');
                const afterOnce = opened.length;
                const start = performance.now();
                const states = [];
                const few = new RealtimeAnalytics(workspace, {
                  maxReconnectAttempts: 3, reconnectDelay: 40, pollAfter: Infinity, share: 'few', onState: ({ attempt, delay }) => states.push({ attempt, delay }),
                });
                await until(() => few.state === 'closed');
                const delays = states.filter(({ attempt }) => attempt > 0).map(({ delay }) => delay);
                return { idle: idle.state, whileIdle, afterOnce, attempts: opened.length - afterOnce, error: few.error, delays };
                """)

            #expect(kept["idle"].string == "idle" && kept["whileIdle"].int == 0 && kept["afterOnce"].int == 1)
            // The first one and three more.
            #expect(kept["attempts"].int == 4 && kept["error"].string == "gave up")
            let delays = kept["delays"].array.compactMap(\.double)
            #expect(delays.count == 3)
            for (delay, ceiling) in zip(delays, [40.0, 80, 160]) { #expect((4...ceiling).contains(delay)) }
        }

        @Test func `with one-use tickets each stream has its own, and the browser never reconnects by itself`()
            async throws
        {
            let scene = try await StreamScene.start()

            let seen = try await run(
                scene,
                """
                const { RealtimeAnalytics } = module;
                const sources = [];
                window.EventSource = class extends EventTarget {
                  static CLOSED = 2;
                  readyState = 1;
                  constructor(url) { super(); this.url = new URL(url, location.href); sources.push(this); }
                  close() { this.readyState = 2; }
                  send(type, data, lastEventId = '') {
                    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }));
                  }
                };
                let tickets = 0;
                const live = new RealtimeAnalytics(workspace, { reconnectDelay: 20, ticket: async () => `t-${tickets += 1}` });
                await until(() => sources.length === 1);
                sources[0].send('connected', { connectionId: 'c', heartbeat: 30000 }, 'abcdefghij-7');
                sources[0].send('event', { id: 'abcdefghij-9', eventType: 'a.b' }, 'abcdefghij-9');
                // The network drops: EventSource would reconnect with the used ticket.
                sources[0].readyState = 0;
                sources[0].dispatchEvent(new Event('error'));
                await until(() => sources.length === 2);
                const [first, second] = sources.map(({ url }) => Object.fromEntries(url.searchParams));
                const isClosed = sources[0].readyState === 2;
                live.close();
                return { first, second, isClosed, tickets };
                """)

            #expect(seen["first"] == ["ticket": "t-1"])
            #expect(seen["second"] == ["ticket": "t-2", "lastEventId": "abcdefghij-9"])
            #expect(seen["isClosed"].bool == true && seen["tickets"].int == 2)
        }

        @Test func `S4-18 · a page of another origin streams by tickets of its own, through a restart, without a gap`()
            async throws
        {
            let host = try await StreamScene.start()
            let origin = "http://127.0.0.1:\(host.server.port)"
            let scene = try await StreamScene.start(["TIDELINE_SERVER_ALLOWED_ORIGINS": origin])
            let gateway = "http://127.0.0.1:\(scene.server.port)"
            let browser = try await Chromium.start()
            // Not a page of ours, whose policy would let it talk to its own origin only.
            try await browser.open(origin + "/healthz")
            _ = try await browser.requests()

            _ = try await browser.run(
                """
                const [baseURL, workspace, token] = arguments;
                window.ids = [];
                import('/realtime.js').then(({ RealtimeAnalytics }) => {
                  window.analytics = new RealtimeAnalytics(workspace, {
                    baseURL, token: () => token, ticket: true, backfill: 10, onEvent: ({ id }) => ids.push(id),
                  });
                });
                """, [.string(gateway), .string(scene.workspace), .string(scene.token("ana"))])
            try await browser.wait(until: "window.analytics?.isConnected && analytics.stats.activeUsers >= 0")
            let first = try await scene.postTicks(1...3)
            try await browser.wait(until: "ids.at(-1) === '\(first[2])'")
            scene.server.kill()
            try await scene.server.waitExit()
            try await browser.wait(until: "!analytics.isConnected")
            let again = scene.on(try await scene.server.restart(samePort: true))
            let second = try await again.postTicks(4...6)
            try await browser.wait(
                until: "analytics.isConnected && ids.at(-1) === '\(second[2])'", within: .seconds(40))
            let posted = try await browser.runAsync(
                "analytics.trackEvent('test.far', {}).then((answer) => arguments[0](answer), (error) => arguments[0](String(error)))"
            )
            try await browser.wait(until: "ids.at(-1) === '\(posted["id"].string ?? "")'")

            let ids = try await browser.run("return ids").array.compactMap(\.string)
            let log = try await again.log(as: "ana").suffix(ids.count).compactMap { $0["id"].string }
            let requests = try await browser.requests()
            let tickets = requests.filter { $0.hasSuffix("/api/tickets") }
            let streams = requests.filter { $0.contains("ticket=") }
            #expect(ids == log && ids.count >= 7)
            #expect(tickets.count >= 2 && Set(streams).count == streams.count && streams.count >= 2)
            #expect(!requests.contains { $0.contains("Bearer") || $0.contains("token=") })
            try await browser.quit()
        }

        @Test func `S4-15 · users of one browser share no stream, and a changed cookie signs a page out`()
            async throws
        {
            let scene = try await StreamScene.start()
            let club: TestJSON = ["channelId": "club", "private": true]
            _ = try await scene.client("root").post(
                scene.logPath, [["eventType": "conversation.created", "userId": "ana", "eventData": club]])

            let seen = try await run(
                scene,
                """
                const { RealtimeAnalytics } = module;
                const [ana, bo] = ['\(scene.token("ana"))', '\(scene.token("bo"))'];
                const seen = { session: [], token: [], other: [] };
                const watch = (name, options) => new RealtimeAnalytics(workspace, {
                  onEvent: ({ eventType }) => seen[name].push(eventType), ...options,
                });
                const session = watch('session');
                await until(() => session.isConnected);
                const token = watch('token', { token: () => ana, ticket: true });
                await until(() => token.isConnected);
                await fetch('/api/session', { method: 'POST', headers: { Authorization: `Bearer ${bo}` } });
                const other = watch('other');
                await until(() => other.isConnected && other.connectionId);
                const streams = new Set([session, token, other].map(({ connectionId }) => connectionId)).size;
                await token.trackEvent('message.sent', { channelId: 'club', messageId: 'm', text: 'between us' });
                await other.trackEvent('test.public');
                await until(() => seen.token.includes('test.public') && seen.other.includes('test.public'));
                session.reconnect();
                await until(() => session.state === 'signedOut');
                await other.trackEvent('test.later');
                await until(() => seen.other.includes('test.later'));
                [session, token, other].forEach((live) => live.close());
                return { ...seen, streams, error: session.error };
                """)

            #expect(seen["streams"].int == 3)
            #expect(seen["token"] == ["message.sent", "test.public", "test.later"])
            #expect(seen["other"] == ["test.public", "test.later"])
            #expect(!seen["session"].array.contains("test.later"))
        }

        @Test func `callbacks that throw stop nothing: their page reconnects and goes on`() async throws {
            let scene = try await StreamScene.start()

            let seen = try await run(
                scene,
                """
                const { RealtimeAnalytics } = module;
                const reported = [];
                window.reportError = (error) => reported.push(error.message);
                const sources = [];
                window.EventSource = class extends EventTarget {
                  static CLOSED = 2;
                  readyState = 0;
                  constructor() { super(); sources.push(this); }
                  close() { this.readyState = 2; }
                  send(type, data) { this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) })); }
                };
                const names = ['onConnect', 'onDisconnect', 'onError', 'onStatsUpdate', 'onEvent', 'onState', 'onReset'];
                const broken = Object.fromEntries(names.map((name) => [name, () => { calls.push(name); throw new Error(name); }]));
                const live = new RealtimeAnalytics(workspace, { ...broken, reconnectDelay: 20, share: false });
                for (let round = 1; round <= 3; round += 1) {
                  await until(() => sources.length === round);
                  const source = sources.at(-1);
                  source.send('connected', { connectionId: 'c', heartbeat: 30000 });
                  source.send('stats', { onlineUsers: round });
                  source.send('event', { id: `abcdefghij-${2 * round}`, eventType: 'a.b' });
                  source.send('event', { id: `abcdefghij-${2 * round + 1}`, eventType: 'a.b' });
                  source.send('reset', {});
                  source.dispatchEvent(new Event('error'));
                }
                await until(() => sources.length === 4);
                live.close();
                return { called: [...new Set(calls)].sort(), events: calls.filter((name) => name === 'onEvent').length, isAll: reported.join() === calls.join() };
                """)

            #expect(seen["called"].array.count == 7 && seen["isAll"].bool == true)
            #expect(seen["events"].int == 6)
        }

        @Test func `figures that a poll finds unchanged are those that its tag is of`() async throws {
            let scene = try await StreamScene.start()

            let seen = try await run(
                scene,
                """
                const { Feed } = await import('/realtime/feed.js');
                const { StreamPosition } = await import('/realtime/position.js');
                const asked = [];
                const endpoint = {
                  canIdentify: false,
                  async snapshot(tag) {
                    asked.push(tag);
                    return tag === 'new' ? { status: 304 }
                      : { status: 200, headers: new Headers({ ETag: 'new' }), body: { data: { onlineUsers: 2 }, meta: {} } };
                  },
                  async log() { return { body: { events: [] } }; },
                };
                const shown = [];
                const options = { transport: 'poll', pollInterval: 20, backfill: 0 };
                const feed = new Feed(endpoint, new StreamPosition('abcdefghij-1'), options, ({ stats }) => { if (stats) shown.push(stats.onlineUsers); });
                feed.start();
                await until(() => asked.length >= 2);
                // As a stream or a leader does, with figures from before.
                feed.stats = { onlineUsers: 1 };
                const before = asked.length;
                await until(() => asked.length >= before + 2);
                feed.stop();
                return { shown, asked, last: feed.stats.onlineUsers };
                """)

            #expect(Set(seen["shown"].array.compactMap(\.int)) == [2] && seen["last"].int == 2)
            // Without a tag where other figures are shown: at the start, and once more.
            #expect(seen["asked"].array.filter(\.isNull).count == 2)
        }

        @Test func `React hooks give the seed's surface and end with the component`() async throws {
            let scene = try await StreamScene.start()

            let hooked = try await run(
                scene,
                """
                const { makeHooks } = await import('/react.js');
                // As much of React as hooks need: one component, drawn again when told.
                const cells = [];
                const effects = [];
                let cell = 0;
                const React = {
                  useRef: (value) => (cells[cell++] ??= { current: value }),
                  useReducer: () => [0, () => calls.push('draw')],
                  useEffect: (effect) => { if (effects.length === 0) effects.push(effect()); },
                };
                const { useRealtimeAnalytics, useRealtimeAnalyticsPolling } = makeHooks(React);
                const draw = (hook, ...values) => { cell = 0; return hook(...values); };
                const options = { onStatsUpdate: () => calls.push('stats') };
                const first = draw(useRealtimeAnalytics, workspace, options);
                await until(() => calls.includes('stats') && calls.includes('draw'));
                const later = draw(useRealtimeAnalytics, workspace, options);
                effects.pop()();
                const names = Object.keys(later).sort();
                cells.length = 0;
                const polling = Object.keys(draw(useRealtimeAnalyticsPolling, workspace, 1000, {})).sort();
                effects.pop()();
                return { first: first.stats, isConnected: later.isConnected, figures: Object.keys(later.stats).length, names, polling };
                """)

            #expect(hooked["first"].isNull && hooked["isConnected"].bool == true && (hooked["figures"].int ?? 0) >= 9)
            let surface: TestJSON = ["disconnect", "error", "isConnected", "reconnect", "stats", "trackEvent"]
            #expect(hooked["names"] == surface)
            #expect(hooked["polling"] == ["error", "isConnected", "stats", "trackEvent"])
        }
    }
}
