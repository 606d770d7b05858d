package import Contact
package import Postgres

/// The subscriptions of one workspace as people set them up.
package struct Subscriptions: Sendable {
    /// Where a new subscription begins, or one is told anew from.
    package enum Start: Sendable {
        case now, oldest
        case after(JournalCursor)
    }

    /// Why a subscription cannot be set to a place.
    package enum Placing: Sendable {
        case done(JournalCursor)
        case otherEpoch
        case behind(oldest: JournalCursor)
        case ahead(end: JournalCursor)
        case unknown
    }

    let database: Database
    let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    package func list() async throws(DatabaseError) -> [Subscription] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Subscription] in
            let rows = try session.execute(.subscriptionList, [.int8(workspace.id)])
            var found: [Subscription] = []
            for row in 0..<rows.count {
                guard let kind = Subscription.Kind(rawValue: try rows.text(row, 2)) else { continue }
                found.append(
                    Subscription(
                        id: try rows.int64(row, 0), name: try rows.text(row, 1), kind: kind,
                        values: try SourceStore.strings(rows.jsonb(row, 3)),
                        secrets: try rows.text(row, 4).split(separator: " ").map(String.init),
                        isPaused: try rows.bool(row, 5), disabled: try rows.optionalText(row, 6),
                        createdAt: try rows.timestamp(row, 7), fingerprint: try rows.text(row, 8)))
            }
            return found
        }
    }

    package func find(_ name: String) async throws(DatabaseError) -> Subscription? {
        try await list().first { $0.name == name }
    }

    /// How each is, by its id.
    package func health() async throws(DatabaseError) -> [Int64: SubscriptionHealth] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Int64: SubscriptionHealth] in
            let rows = try session.execute(.subscriptionHealth, [.int8(workspace.id)])
            var found: [Int64: SubscriptionHealth] = [:]
            for row in 0..<rows.count {
                found[try rows.int64(row, 0)] = SubscriptionHealth(
                    cursor: JournalCursor(epoch: try rows.id(row, 1), position: try rows.int64(row, 2)),
                    end: try rows.int64(row, 3), holder: try rows.optionalText(row, 4),
                    delivered: try rows.int64(row, 5), deliveredAt: try rows.optionalTimestamp(row, 6),
                    failures: Int(try rows.int32(row, 7)), failure: try rows.optionalText(row, 8),
                    failedAt: try rows.optionalTimestamp(row, 9), tryAt: try rows.optionalTimestamp(row, 10),
                    waiting: try rows.int64(row, 11), dead: try rows.int64(row, 12))
            }
            return found
        }
    }

    /// Makes a subscription; nil where one has that name.
    package func add(
        _ name: String, kind: Subscription.Kind, values: [String: String], secrets: [String: Secret], seal: Seal,
        from start: Start, now: Int64
    ) async throws -> Placing? {
        let sealed = try self.sealed(secrets.mapValues { $0 }, name, seal)
        let settings = SourceStore.object(values)
        let workspace = workspace
        for attempt in 1... {
            do throws(DatabaseError) {
                return try await database.deciding(opening: workspace.opening) {
                    (session: borrowing Session) throws(DatabaseError) -> Verdict<Placing?> in
                    let place = try Self.place(start, workspace, in: session)
                    guard case .done(let cursor) = place else { return .rollback(place) }
                    let made = try session.execute(
                        .subscriptionAdd,
                        [.int8(workspace.id), .text(name), .text(kind.rawValue), .jsonb(settings), .timestamp(now)])
                    let id = try made.int64(0, 0)
                    _ = try session.execute(
                        .subscriptionCursorAdd,
                        [.int8(workspace.id), .int8(id), .uuid(cursor.epoch), .int8(cursor.position)])
                    try Self.write(sealed, of: id, workspace, in: session)
                    return .commit(place)
                }
            } catch {
                guard error.state == .uniqueViolation, attempt < 20 else { throw error }
                if error.constraint == "subscription_name_key" { return nil }
            }
        }
        return nil
    }

    /// Changes what is set; what is not named stays. A value of nil takes a setting away.
    package func change(
        _ subscription: Subscription, values: [String: String?], secrets: [String: Secret?] = [:], seal: Seal?
    ) async throws {
        let sealed = try self.sealed(secrets, subscription.name, seal)
        var removed = ArrayBuilder(.text)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where value == nil { removed.append(text: name) }
        let written = SourceStore.object(values.compactMapValues { $0 })
        let parameters: [Parameter] = [
            .int8(workspace.id), .int8(subscription.id), .array(removed), .jsonb(written),
        ]
        let workspace = workspace
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(.subscriptionChange, parameters)
            try Self.write(sealed, of: subscription.id, workspace, in: session)
        }
    }

    /// Not to be told for now; or to be told again, from where it was, whatever has stopped it.
    package func pause(_ subscription: Subscription, _ isPaused: Bool) async throws(DatabaseError) {
        try await run(
            [(.subscriptionPause, [.bool(isPaused)])] + (isPaused ? [] : [(.subscriptionForgive, [])]), on: subscription
        )
    }

    package func remove(_ subscription: Subscription) async throws(DatabaseError) {
        try await run([(.subscriptionRemove, [])], on: subscription)
    }

    /// Tells everything after a place once more, with the ids it had; who holds it now loses it. What was parked before
    /// is told in its turn again.
    package func replay(
        _ subscription: Subscription, from start: Start
    ) async throws(DatabaseError) -> Placing {
        let workspace = workspace
        return try await database.deciding(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Verdict<Placing> in
            let own: [Parameter] = [.int8(workspace.id), .int8(subscription.id)]
            guard try session.execute(.subscriptionRow, own).count == 1 else { return .rollback(.unknown) }
            let place = try Self.place(start, workspace, in: session)
            guard case .done(let cursor) = place else { return .rollback(place) }
            _ = try session.execute(.subscriptionMove, own + [.uuid(cursor.epoch), .int8(cursor.position)])
            _ = try session.execute(.deliveryForget, own + [.int8(cursor.position)])
            return .commit(place)
        }
    }

    /// Has dead deliveries tried again: one, or all; how many there were.
    package func revive(_ subscription: Subscription, position: Int64?, now: Int64) async throws(DatabaseError) -> Int {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Int in
            let own: [Parameter] = [.int8(workspace.id), .int8(subscription.id)]
            // Whoever holds it takes it anew, and finds them.
            _ = try session.execute(.subscriptionRow, own)
            let revived = try session.execute(
                .deliveryRevive, own + [position.map { .int8($0) } ?? .null(.int8), .timestamp(now)])
            if revived.affected > 0 { _ = try session.execute(.subscriptionUnhold, own) }
            return revived.affected
        }
    }

    /// Deliveries that wait or are dead, in order.
    package func parked(
        _ subscription: Subscription, areDead: Bool, limit: Int
    ) async throws(DatabaseError) -> [ParkedDelivery] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [ParkedDelivery] in
            let rows = try session.execute(
                .deliveryList,
                [.int8(workspace.id), .int8(subscription.id), .bool(areDead), .int8(Int64(limit))])
            return try Self.parked(rows)
        }
    }

    /// The latest attempts, newest first.
    package func log(_ subscription: Subscription, limit: Int) async throws(DatabaseError) -> [DeliveryAttempt] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [DeliveryAttempt] in
            let rows = try session.execute(
                .deliveryLog, [.int8(workspace.id), .int8(subscription.id), .int8(Int64(limit))])
            var found: [DeliveryAttempt] = []
            for row in 0..<rows.count {
                found.append(
                    DeliveryAttempt(
                        position: try rows.int64(row, 0), at: try rows.timestamp(row, 1),
                        milliseconds: Int(try rows.int32(row, 2)), status: try rows.optionalInt16(row, 3).map(Int.init),
                        failure: try rows.optionalText(row, 4)))
            }
            return found
        }
    }

    /// The secrets, opened.
    package func secrets(of subscription: Subscription, seal: Seal) async throws -> [String: Secret] {
        let workspace = workspace
        let sealed = try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [(String, [UInt8])] in
            let rows = try session.execute(
                .subscriptionSecrets, [.int8(workspace.id), .int8(subscription.id)])
            var found: [(String, [UInt8])] = []
            for row in 0..<rows.count { found.append((try rows.text(row, 0), try rows.bytes(row, 1))) }
            return found
        }
        var secrets: [String: Secret] = [:]
        for (name, bytes) in sealed { secrets[name] = try seal.open(bytes, for: sealName(subscription.name, name)) }
        return secrets
    }

    private func run(
        _ statements: [(Statement, [Parameter])], on subscription: Subscription
    ) async throws(DatabaseError) {
        let workspace = workspace
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            for (statement, more) in statements {
                _ = try session.execute(statement, [.int8(workspace.id), .int8(subscription.id)] + more)
            }
        }
    }

    private func sealName(_ subscription: String, _ name: String) -> String {
        "\(workspace.id)/subscription/\(subscription)/\(name)"
    }

    private func sealed(
        _ secrets: [String: Secret?], _ subscription: String, _ seal: Seal?
    ) throws -> [(name: String, bytes: [UInt8]?)] {
        try secrets.sorted { $0.key < $1.key }.map { name, secret in
            guard let secret else { return (name, nil) }
            guard let seal else { throw Seal.Failure.notOurs }
            return (name, try seal.seal(secret, for: sealName(subscription, name)))
        }
    }

    private static func write(
        _ secrets: [(name: String, bytes: [UInt8]?)], of subscription: Int64, _ workspace: Workspace,
        in session: borrowing Session
    ) throws(DatabaseError) {
        for (name, bytes) in secrets {
            let own: [Parameter] = [.int8(workspace.id), .int8(subscription), .text(name)]
            if let bytes {
                _ = try session.execute(.subscriptionSecretSet, own + [.bytes(bytes)])
            } else {
                _ = try session.execute(.subscriptionSecretRemove, own)
            }
        }
    }

    private static func place(
        _ start: Start, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Placing {
        let head = try session.execute(.feedHead, [.int8(workspace.id)])
        let end = JournalCursor(epoch: try head.id(0, 0), position: try head.int64(0, 1))
        let oldest = JournalCursor(epoch: end.epoch, position: try head.int64(0, 2))
        switch start {
        case .now: return .done(end)
        case .oldest: return .done(oldest)
        case .after(let cursor):
            if cursor.epoch != end.epoch { return .otherEpoch }
            if cursor.position < oldest.position { return .behind(oldest: oldest) }
            return cursor.position > end.position ? .ahead(end: end) : .done(cursor)
        }
    }

    static func parked(_ rows: borrowing Rows) throws(DatabaseError) -> [ParkedDelivery] {
        var found: [ParkedDelivery] = []
        for row in 0..<rows.count {
            guard let type = ChangeType(rawValue: try rows.int16(row, 2)) else { continue }
            // An array comes as its text: `{id,id}`.
            let keys = try rows.text(row, 4).split(separator: ",").compactMap { HubID(String($0)) }
            found.append(
                ParkedDelivery(
                    position: try rows.int64(row, 0), at: try rows.timestamp(row, 1), type: type,
                    profile: try rows.optionalID(row, 3), keys: keys, attempts: Int(try rows.int32(row, 5)),
                    tryAt: try rows.optionalTimestamp(row, 6), failure: try rows.optionalText(row, 7),
                    failedAt: try rows.optionalTimestamp(row, 8), deadAt: try rows.optionalTimestamp(row, 9)))
        }
        return found
    }
}
