import Contact
import ContactTesting
import Following
import Postgres

/// An other side in memory, for the runtime itself: items on a shelf, read in order. What connectors do with real servers is
/// tried with theirs.
final class Shelf: ConnectorRig {
    /// What its connector does wrong, to see that the suite sees it.
    enum Fault: CaseIterable {
        case newKeys, movesBeforeStoring, dropsTheUnreadable, acknowledgesEarly, hidesFailure
    }

    struct State {
        var items: [[UInt8]] = []
        var isDown = false
        /// Begun, and not ended.
        var readers = 0
        var begun = 0
        var failure: FollowFailure?
        var acknowledged = 0
    }

    let state = Monitor(State())
    let fault: Fault?

    init(_ fault: Fault? = nil) { self.fault = fault }

    func connector(source: String) throws -> any Follower { ShelfConnector(self) }

    func deliver(_ text: String) async throws {
        state.withLock { $0.items.append(Array(text.utf8)) }
    }

    func deliverMalformed() async throws { state.withLock { $0.items.append([0xFF, 0xFE]) } }
    func takeDown() async throws { state.withLock { $0.isDown = true } }
    func bringUp() async throws { state.withLock { $0.isDown = false } }
    func acknowledged() async -> Int? { fault == .acknowledgesEarly ? state.withLock { $0.acknowledged } : nil }

    /// The items from a place on; throws while it is away.
    func items(from place: Int) throws -> ArraySlice<[UInt8]> {
        try state.withLock { state -> Result<ArraySlice<[UInt8]>, FollowFailure> in
            if let failure = state.failure { return .failure(failure) }
            if state.isDown, fault == .hidesFailure { return .success([]) }
            if state.isDown { return .failure(FollowFailure(.time, "the shelf is away: wait for it")) }
            return .success(state.items.dropFirst(place).prefix(3))
        }.get()
    }
}

struct ShelfConnector: Follower {
    static let kind = "shelf"
    static let channel = "chat"
    static let keys: [SettingKey] = []

    let shelf: Shelf
    var isFollowed: Bool { true }

    init(_ settings: SourceSettings) throws(SettingsError) { throw SettingsError(["a shelf is made by its test"]) }
    init(_ shelf: Shelf) { self.shelf = shelf }

    func findings(address: String) async -> [Finding] { [] }

    func follow(_ feed: any SourceFeed) async throws {
        shelf.state.withLock {
            $0.readers += 1
            $0.begun += 1
        }
        defer { shelf.state.withLock { $0.readers -= 1 } }
        while true {
            let place = Int(await feed.cursor) ?? 0
            let items = try shelf.items(from: place)
            if items.isEmpty {
                feed.seen(waiting: 0, progress: nil)
                try await feed.clock.sleep(for: .milliseconds(50))
            } else {
                if shelf.fault == .acknowledgesEarly { shelf.state.withLock { $0.acknowledged += items.count } }
                if shelf.fault == .movesBeforeStoring {
                    _ = try await feed.accept([]) { _ in "\(place + items.count)" }
                    _ = try await feed.accept(items.enumerated().compactMap { item($1, number: place + $0) }) { $0 }
                    continue
                }
                _ = try await feed.accept(items.enumerated().compactMap { item($1, number: place + $0) }) { cursor in
                    guard cursor == (place == 0 ? "" : "\(place)") else { throw FollowFailure(.time, "moved") }
                    return "\(place + items.count)"
                }
            }
        }
    }

    private func item(_ bytes: [UInt8], number: Int) -> IntakeItem? {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            if shelf.fault == .dropsTheUnreadable { return nil }
            return IntakeItem(.failure(Refusal(.notUTF8, "it is not UTF-8")), raw: RawInput(bytes))
        }
        let address = Identifier(kind: .email, scope: "", canonical: "\(number % 4)@example.com")
        let facet = FacetContent.showing(
            [ShownIdentifier(address, .presented)], attributes: [], at: TestDatabase.now)
        let suffix = shelf.fault == .newKeys ? " \(UInt64.random(in: 0 ... .max))" : ""
        return IntakeItem(
            .success(
                Interaction(
                    channel: "chat", id: "\(number)\(suffix)", occurredAt: TestDatabase.now, facet: facet,
                    message: Interaction.Message(id: nil, subject: nil, text: text))), raw: RawInput(bytes))
    }
}
