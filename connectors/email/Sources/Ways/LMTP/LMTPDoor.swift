internal import Contact
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What the sessions of a listener share: who is there, and how much they may hold.
final class LMTPDoor: Sendable {
    /// Sessions at once; a mail server opens twenty (Postfix, default_destination_concurrency_limit).
    static let mostSessions = 100
    /// Of all mails that are received and not stored yet, in bytes. Reading one takes as much again twice, and a process of
    /// the hub stays under 300 MB.
    let mostHeld: Int
    /// The longest mail that is kept whole, in bytes.
    let mostWhole: Int
    /// A client that is silent for that long is sent away (RFC 5321, section 4.5.3.2.7), counted in ticks.
    static let ticks = 10
    static let tick: Duration = .seconds(30)

    /// One connection.
    final class Guest: Sendable {
        let channel: any Channel
        private let silent = NIOLockedValueBox((ticks: 0, isBusy: false))

        init(_ channel: any Channel) { self.channel = channel }

        func spoke() { silent.withLockedValue { $0.ticks = 0 } }
        /// While it waits for the hub it is not the one that is silent.
        func isBusy(_ isBusy: Bool) { silent.withLockedValue { $0 = (0, isBusy) } }

        fileprivate func tick() -> Bool {
            silent.withLockedValue { silent in
                if !silent.isBusy { silent.ticks += 1 }
                return silent.ticks > LMTPDoor.ticks
            }
        }
    }

    private struct State {
        var guests: [ObjectIdentifier: Guest] = [:]
        var held = 0
    }

    private let state = NIOLockedValueBox(State())

    init(mostHeld: Int = 32 << 20, mostWhole: Int = RawInput.mostWhole) {
        self.mostHeld = mostHeld
        self.mostWhole = mostWhole
    }

    /// Nil where there are too many.
    func enter(_ channel: any Channel) -> Guest? {
        state.withLockedValue { state in
            guard state.guests.count < Self.mostSessions else { return nil }
            let guest = Guest(channel)
            state.guests[ObjectIdentifier(guest)] = guest
            return guest
        }
    }

    func leave(_ guest: Guest) { _ = state.withLockedValue { $0.guests.removeValue(forKey: ObjectIdentifier(guest)) } }

    /// Bytes of a mail; false where there is no room for them now.
    func take(_ bytes: Int) -> Bool {
        state.withLockedValue { state in
            guard state.held + bytes <= mostHeld else { return false }
            state.held += bytes
            return true
        }
    }

    func give(_ bytes: Int) { state.withLockedValue { $0.held -= bytes } }

    /// Sends away who has been silent for too long, tick by tick.
    func watch(_ clock: any Clock<Duration>) async throws {
        while true {
            try await clock.sleep(for: Self.tick)
            for guest in state.withLockedValue({ Array($0.guests.values) }) where guest.tick() {
                let channel = guest.channel
                channel.writeAndFlush(ByteBuffer(string: "421 4.4.2 nothing was said for too long\r\n"))
                    .whenComplete { _ in channel.close(promise: nil) }
                // Behind bytes that the client does not read it never goes out.
                channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
            }
        }
    }
}
