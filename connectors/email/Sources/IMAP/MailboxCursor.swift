internal import Contact

/// Where a mailbox was left: for each folder the live end and how far back it was read.
///
/// MODSEQ is not in it. It tells of flags and deletions, and neither changes anything here: what is new has a new UID.
struct MailboxCursor: Hashable, Sendable {
    static let version: Int64 = 1

    struct Place: Hashable, Sendable {
        /// UIDVALIDITY: with another one, every UID means another mail (RFC 3501, 2.3.1.1).
        var validity: UInt32
        /// All mails from `low` to below `next` are stored; those from `next` on are new.
        var next: UInt32
        /// What lies below was there before, and is still to be read; 1 when all of it was.
        var low: UInt32
        /// How far back mail was wanted when it was read, in microseconds since 1970; nil: all of it.
        var since: Int64?
        /// Mails at which the server broke off: 1 among others, then one more for each time alone. Those at ``givenUp`` are
        /// refused and not asked for again; none lies between `low` and `next`.
        var broken: [UInt32: UInt32] = [:]

        static let givenUp: UInt32 = 3

        /// What ``broken`` says of a mail once the server broke off at it again.
        func breaks(at uid: UInt32, isAlone: Bool) -> UInt32 {
            let before = max(1, broken[uid] ?? 0)
            return isAlone ? min(before + 1, Self.givenUp) : before
        }

        /// Forgets what was passed.
        mutating func tidy() {
            let (low, next) = (low, next)
            broken = broken.filter { $0.key < low || $0.key >= next }
        }
    }

    var folders: [String: Place] = [:]

    init() {}

    init(_ text: String) throws(FollowFailure) {
        guard !text.isEmpty else { return }
        // Whatever it is that cannot be read: it was not written here.
        guard let value = try? JSONValue(Array(text.utf8)), let version = value["v"]?.integer else {
            throw FollowFailure(
                .person, "the source's cursor is not a mailbox's: was it another kind of source before?")
        }
        guard version == Self.version else {
            throw FollowFailure(.person, "the source's cursor was written by a newer version of Contatto: run that one")
        }
        for (name, place) in value["folders"]?.members ?? [] {
            func number(_ key: String) -> UInt32? { place[key]?.integer.flatMap { UInt32(exactly: $0) } }
            guard let validity = number("validity"), let next = number("next"), let low = number("low") else {
                continue
            }
            var found = Place(validity: validity, next: next, low: low)
            found.since = place["since"]?.integer
            for (uid, count) in place["broken"]?.members ?? [] {
                guard let uid = UInt32(uid), let count = count.integer, count > 0 else { continue }
                found.broken[uid] = UInt32(min(count, Int64(Place.givenUp)))
            }
            folders[name] = found
        }
    }

    var text: String {
        let places: [(String, [UInt8])] = folders.sorted { $0.key < $1.key }.map { name, place in
            var members = [
                ("validity", JSONWriter.number(Int64(place.validity))),
                ("next", JSONWriter.number(Int64(place.next))),
                ("low", JSONWriter.number(Int64(place.low))),
            ]
            if let since = place.since { members.append(("since", JSONWriter.number(since))) }
            if !place.broken.isEmpty {
                let broken: [(String, [UInt8])] = place.broken.sorted { $0.key < $1.key }.map { uid, count in
                    ("\(uid)", JSONWriter.number(Int64(count)))
                }
                members.append(("broken", JSONWriter.object(broken)))
            }
            return (name, JSONWriter.object(members))
        }
        return String(
            decoding: JSONWriter.object([
                ("v", JSONWriter.number(Self.version)), ("folders", JSONWriter.object(places)),
            ]), as: UTF8.self)
    }

    /// Changes one folder's place, as long as its UIDs mean what they meant.
    func moving(
        _ folder: String, validity: UInt32, _ change: (inout Place) -> Void
    ) throws(FollowFailure) -> MailboxCursor {
        guard var place = folders[folder], place.validity == validity else {
            throw FollowFailure(.time, "\(folder) was given new UIDs (UIDVALIDITY): it is read again", notBefore: .zero)
        }
        change(&place)
        place.tidy()
        var moved = self
        moved.folders[folder] = place
        return moved
    }
}
