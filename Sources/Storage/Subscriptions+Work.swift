internal import Contact
package import Postgres

// What a worker does with a subscription that it holds. As with sources, times are the database's; what keeps two workers
// apart is the fence, which every write compares in its own transaction.

extension Subscriptions {
    /// How many attempts of a webhook the log keeps.
    static let keptAttempts: Int64 = 1_000

    package enum Taking: Sendable {
        case taken(Hold)
        /// Somebody else has it, for so long unless he renews it.
        case held(by: String, for: Duration)
        case gone
    }

    /// Takes a subscription unless somebody else holds it. `holder` is the worker's own name, which no other bears.
    package func take(
        _ subscription: Subscription, holder: String, for duration: Duration
    ) async throws(DatabaseError) -> Taking {
        let workspace = workspace
        let own: [Parameter] = [.int8(workspace.id), .int8(subscription.id)]
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Taking in
            let rows = try session.execute(.subscriptionRow, own)
            guard rows.count == 1 else { return .gone }
            let now = try rows.timestamp(0, 3)
            if let other = try rows.optionalText(0, 1), let until = try rows.optionalTimestamp(0, 2), other != holder,
                until > now
            {
                return .held(by: other, for: .microseconds(until - now))
            }
            let fence = try rows.int64(0, 0) + 1
            _ = try session.execute(
                .subscriptionTake,
                own + [.int8(fence), .text(holder), .timestamp(now + duration.microseconds)])
            let attempts = try session.execute(.deliveryLogLast, own)
            return .taken(
                Hold(
                    subscription: subscription.id, name: subscription.name, fence: fence,
                    cursor: JournalCursor(epoch: try rows.id(0, 4), position: try rows.int64(0, 5)),
                    failures: Int(try rows.int32(0, 6)), attempts: try attempts.int64(0, 0),
                    replays: try rows.int32(0, 7)))
        }
    }

    /// Holds it for longer; false when it is another's by now.
    package func renew(_ hold: Hold, for duration: Duration) async throws(DatabaseError) -> Bool {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Bool in
            let own: [Parameter] = [.int8(workspace.id), .int8(hold.subscription)]
            let rows = try session.execute(.subscriptionRow, own)
            guard rows.count == 1, try rows.int64(0, 0) == hold.fence, try !rows.isNull(0, 1) else { return false }
            let until = try rows.timestamp(0, 3) + duration.microseconds
            _ = try session.execute(.subscriptionRenew, own + [.int8(hold.fence), .timestamp(until)])
            return true
        }
    }

    /// Gives it back, so that another need not wait.
    package func release(_ hold: Hold) async throws(DatabaseError) {
        let workspace = workspace
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(
                .subscriptionRelease, [.int8(workspace.id), .int8(hold.subscription), .int8(hold.fence)])
        }
    }

    /// All that waits to be delivered again, and what is dead beyond the position it was taken at.
    package func waiting(_ hold: Hold) async throws(DatabaseError) -> [ParkedDelivery] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [ParkedDelivery] in
            try Self.parked(
                try session.execute(
                    .deliveryWaiting,
                    [.int8(workspace.id), .int8(hold.subscription), .int8(hold.cursor.position)]))
        }
    }

    /// Writes down how far it has come; false, and nothing is written, when it is another's by now. `attempts` is the
    /// number of the last attempt in the log before these.
    package func record(
        _ progress: DeliveryProgress, _ hold: Hold, attempts: Int64, now: Int64
    ) async throws(DatabaseError) -> Bool {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Bool in
            let own: [Parameter] = [.int8(workspace.id), .int8(hold.subscription)]
            let rows = try session.execute(.subscriptionRow, own)
            guard rows.count == 1, try rows.int64(0, 0) == hold.fence, try !rows.isNull(0, 1) else { return false }
            var statements: [(Statement, [Parameter])] = [
                (
                    .subscriptionProgress,
                    own + [
                        .int8(progress.position), .int8(Int64(progress.delivered)),
                        progress.delivered > 0 ? .timestamp(now) : .null(.timestamptz),
                        .int4(Int32(clamping: progress.failures)), progress.failure.map { .text($0) } ?? .null(.text),
                        progress.failure == nil ? .null(.timestamptz) : .timestamp(now),
                        progress.tryAt.map { .timestamp($0) } ?? .null(.timestamptz),
                    ]
                )
            ]
            if !progress.settled.isEmpty { statements.append((.deliverySettle, own + [.int8s(progress.settled)])) }
            for one in progress.parked { statements.append((.deliveryPark, own + Self.parameters(one))) }
            if !progress.attempts.isEmpty {
                statements.append((.deliveryLogAdd, own + Self.parameters(progress.attempts, after: attempts)))
                let last = attempts + Int64(progress.attempts.count)
                statements.append((.deliveryLogCut, own + [.int8(last - Self.keptAttempts)]))
            }
            if let reason = progress.disabled { statements.append((.subscriptionDisable, own + [.text(reason)])) }
            _ = try session.pipeline(statements)
            return true
        }
    }

    /// Writes down that it failed, and where it stands stays as it is.
    package func recordFailure(
        _ progress: DeliveryProgress, _ hold: Hold, now: Int64
    ) async throws(DatabaseError) -> Bool {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Bool in
            let rows = try session.execute(
                .subscriptionFailure,
                [
                    .int8(workspace.id), .int8(hold.subscription), .int8(hold.fence),
                    .int4(Int32(clamping: progress.failures)), .text(progress.failure ?? ""), .timestamp(now),
                ])
            return rows.affected == 1
        }
    }

    private static func parameters(_ one: ParkedDelivery) -> [Parameter] {
        func time(_ moment: Int64?) -> Parameter { moment.map { .timestamp($0) } ?? .null(.timestamptz) }
        return [
            .int8(one.position), .timestamp(one.at), .int2(one.type.rawValue),
            one.profile.map { .uuid($0) } ?? .null(.uuid), .uuids(one.keys), .int4(Int32(clamping: one.attempts)),
            time(one.tryAt), one.failure.map { .text($0) } ?? .null(.text), time(one.failedAt), time(one.deadAt),
        ]
    }

    private static func parameters(_ attempts: [DeliveryAttempt], after last: Int64) -> [Parameter] {
        var numbers = ArrayBuilder(.int8, reserving: attempts.count)
        var positions = ArrayBuilder(.int8, reserving: attempts.count)
        var times = ArrayBuilder(.timestamptz, reserving: attempts.count)
        var milliseconds = ArrayBuilder(.int4, reserving: attempts.count)
        var statuses = ArrayBuilder(.int2, reserving: attempts.count)
        var failures = ArrayBuilder(.text, reserving: attempts.count)
        for (place, attempt) in attempts.enumerated() {
            numbers.append(int8: last + Int64(place) + 1)
            positions.append(int8: attempt.position)
            times.append(timestamp: attempt.at)
            milliseconds.append(int4: Int32(clamping: attempt.milliseconds))
            if let status = attempt.status {
                statuses.append(int2: Int16(clamping: status))
            } else {
                statuses.appendNull()
            }
            failures.append(optional: attempt.failure)
        }
        return [
            .array(numbers), .array(positions), .array(times), .array(milliseconds), .array(statuses), .array(failures),
        ]
    }
}
