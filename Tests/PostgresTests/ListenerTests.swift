import ContactTesting
import Postgres
import Testing

@Suite struct ListenerTests {
    @Test func `a listener hears its channels, and says so when it may have missed something`() async throws {
        try await withDatabase { database, server in
            let channel = "c\(UInt64.random(in: .min ... .max))"
            var settings = try ConnectionSettings(uri: server.uri())
            settings.applicationName = channel
            let listener = Listener(settings, keepalive: .milliseconds(50))
            var wakeups = listener.wakeups(on: channel).makeAsyncIterator()
            #expect(await wakeups.next()?.mayHaveMissed == true)
            try await database.run("NOTIFY \(channel), 'seven'; NOTIFY other, 'eight'")
            let heard = await wakeups.next()
            #expect(heard?.payload == "seven")
            #expect(heard?.channel == channel)
            #expect(heard?.mayHaveMissed == false)

            let mine = "FROM pg_stat_activity WHERE application_name = '\(channel)'"
            #expect(try await database.int64("SELECT count(pg_terminate_backend(pid, 5000)) \(mine)") == 1)
            #expect(await wakeups.next()?.mayHaveMissed == true)
            try await database.run("NOTIFY \(channel), 'nine'")
            #expect(await wakeups.next()?.payload == "nine")

            // A second stream of the same channel is greeted and heard beside the first.
            var second = listener.wakeups(on: channel).makeAsyncIterator()
            #expect(await second.next()?.mayHaveMissed == true)
            try await database.run("NOTIFY \(channel), 'ten'")
            #expect(await second.next()?.payload == "ten")
            #expect(await wakeups.next()?.payload == "ten")

            listener.close()
            #expect(await wakeups.next() == nil)
            try await database.wait(until: "SELECT count(*) \(mine)", gives: 0)
        }
    }

    @Test func `of many wake-ups a slow reader gets the newest`() async throws {
        try await withDatabase { database, server in
            let channel = "c\(UInt64.random(in: .min ... .max))"
            let listener = Listener(try ConnectionSettings(uri: server.uri()))
            var slow = listener.wakeups(on: channel).makeAsyncIterator()
            #expect(await slow.next()?.mayHaveMissed == true)
            for n in 0..<100 { try await database.run("NOTIFY \(channel), '\(n)'") }
            var quick = listener.wakeups(on: channel).makeAsyncIterator()
            #expect(await quick.next() != nil)
            try await database.run("NOTIFY \(channel), 'last'")
            // What was sent before it began may still reach the quick one; the last is then heard by both.
            while let wakeup = await quick.next(), wakeup.payload != "last" {}
            // At most one older one stood there while the last was on its way from the one to the other.
            var heard = 0
            while let wakeup = await slow.next() {
                heard += 1
                if wakeup.payload == "last" { break }
            }
            #expect((1...2).contains(heard))
            listener.close()
        }
    }
}
