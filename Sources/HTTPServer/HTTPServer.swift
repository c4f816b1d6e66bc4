// HTTP/1.1 connections on event loops, and what an application needs to answer on them.
//
// Reading order: an `Application` has a `Router` and is asked for answers; `HTTPService` turns accepted connections into
// `HTTP1Connection`s, each confined to its loop, which read requests (`HTTP1Connection+Reading`), hand a `Request` and a
// `Responder` to a route and write answers in order (`HTTP1Connection+Writing`). A route that streams trades its connection
// for a `ResponseStream`, which owns no buffer. `StaticFiles` is a route of its own.
