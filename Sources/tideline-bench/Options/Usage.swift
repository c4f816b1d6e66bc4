/// What `help` prints.
enum Usage {
    static let text = """
        usage: tideline-bench SUBCOMMAND [OPTION VALUE]…

        Each subcommand starts its servers itself (processor 0), plays the clients (processor 1), checks every event's
        sequence number on every stream, and prints medians of interleaved rounds with ratios. A lost, repeated or
        reordered event ends it with status 1.

        fanout      one workspace, many streams
                    --streams 1,10,100,1000,10000  --mode closed|rate=20  --seconds 5  --connections 64
        workspaces  many workspaces, a few streams each, POSTs at random
                    --count 1000  --streams-each 10  --mode closed|rate=20  --seconds 5  --connections 64
        idle        memory and processor time of silent streams
                    --streams 10000  --window 20  --stats on|off|both
        connect     a storm of connections, to the first byte
                    --streams 10000  --outstanding 256
        ingest      durable events a second, beside a bare SQLite table
                    --batch 100  --writers 8  --connections 64  --seconds 4
        floor       the yardstick itself (started by the others)

        everywhere  --rounds 3  --event-size 250  --json FILE  --directory /var/tmp
                    --server-binary FILE (default: `tideline` beside this program)
                    --self-test (the floor against itself, without Tideline: the ratio should be 1)
                    --self-test --lose 1000 (every 1000th event is lost: the bench must fail)
        """
}
