internal import Contact
internal import Postgres

// A batch until it is stored, or cannot be: repeated where the outcome is unknown or the fault passes, run again in
// halves where an item is at fault.

extension Ledger {
    /// What one try of a transaction came to.
    enum Attempt: Sendable {
        case stored(Stored)
        /// Something was erased since the start: what was known may be gone.
        case erasedMeanwhile
        /// The cursor of this source stands elsewhere, or the lease has another holder.
        case cursorLost(source: Int64, message: String)
    }

    /// What a committed transaction stored.
    struct Stored: Sendable {
        var new: Set<HubID>
        var position: Int64
        var since: JournalHead.Era
        var known: [(facet: HubID, day: Int32)]
    }

    /// Stores several batches in one transaction; one result each.
    @concurrent
    func store(_ batches: [PreparedBatch]) async -> [Result<Receipt, IntakeError>] {
        do throws(DatabaseError) {
            switch try await insist(batches) {
            case .success(let stored):
                let profiles = try await answers(batches)
                // An id that came twice in one transaction is accepted once, for whoever is first.
                var unclaimed = stored.new
                return batches.map { .success(receipt($0, stored, profiles, &unclaimed)) }
            case .failure(let lost):
                return await withoutLost(batches, lost)
            }
        } catch let error where error.isOfData {
            count { $0.halved += 1 }
            return await storeInHalves(batches, error)
        } catch {
            return batches.map { _ in .failure(.unavailable(String(describing: error))) }
        }
    }

    private func answers(_ batches: [PreparedBatch]) async throws(DatabaseError) -> [HubID: HubID] {
        guard settings.answersProfiles else { return [:] }
        return try await patiently { () async throws(DatabaseError) -> [HubID: HubID] in
            try await self.profiles(of: batches)
        }
    }

    /// Repeats a look-up while the database cannot be reached: what is stored in batches is tried for as long, and a
    /// restart of the server must not be told apart by where it met a batch.
    func patiently<Value: Sendable>(
        _ work: () async throws(DatabaseError) -> Value
    ) async throws(DatabaseError) -> Value {
        let deadline = ContinuousClock.now + settings.patience
        while true {
            do throws(DatabaseError) {
                return try await work()
            } catch {
                let mayPass = error.isRetryable || error.outcome == .unknown
                guard mayPass, ContinuousClock.now < deadline else { throw error }
                try? await Task.sleep(for: .milliseconds(Int.random(in: 50...150)))  // cancelled, the work says so
            }
        }
    }

    private struct Lost: Error {
        let source: Int64
        let message: String
    }

    /// Repeats what may pass: a lost connection, a deadlock, an unknown commit. Everything is idempotent, so that a
    /// repetition of what was stored after all changes nothing.
    private func insist(_ batches: [PreparedBatch]) async throws(DatabaseError) -> Result<Stored, Lost> {
        let flush = Flush(batches, isSorted: settings.control != .unsorted)
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: settings.patience)
        var pause = Duration.milliseconds(5)
        while true {
            do throws(DatabaseError) {
                switch try await attempt(flush) {
                case .stored(let stored):
                    CrashPoint.committed.reached()
                    bell.ring()
                    count { $0.transactions += 1 }
                    known.remember(stored.known, since: stored.since)
                    return .success(stored)
                case .erasedMeanwhile:
                    count { $0.repeatedForErasure += 1 }
                case .cursorLost(let source, let message):
                    return .failure(Lost(source: source, message: message))
                }
            } catch {
                if error.state == .deadlockDetected { count { $0.deadlocks += 1 } }
                if error.state == .serializationFailure { count { $0.serializationFailures += 1 } }
                if error.outcome == .unknown { count { $0.repeatedAsUnknown += 1 } }
                // What a row refers to was taken away since it was remembered: look again.
                let isOutdated = error.state == .foreignKeyViolation
                if isOutdated {
                    known.forget()
                    sources.forget()
                }
                guard error.isRetryable || isOutdated || error.outcome == .unknown, clock.now < deadline else {
                    throw error
                }
                // The pause is jittered so that two processes do not meet again; only a cancelled queue ends it early.
                try? await Task.sleep(for: pause * Double.random(in: 0.5...1.5))
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    /// The batch whose cursor was lost is told so; the others are stored.
    private func withoutLost(_ batches: [PreparedBatch], _ lost: Lost) async -> [Result<Receipt, IntakeError>] {
        let kept = batches.filter { $0.cursor?.source != lost.source }
        var results = kept.isEmpty ? [] : await store(kept)
        return batches.map { batch in
            batch.cursor?.source == lost.source ? .failure(.cursorLost(lost.message)) : results.removeFirst()
        }
    }

    /// Runs a failing batch again in halves, until the item at fault is alone and refused.
    private func storeInHalves(
        _ batches: [PreparedBatch], _ error: DatabaseError
    ) async -> [Result<Receipt, IntakeError>] {
        if batches.count > 1 {
            let middle = batches.count / 2
            return await store(Array(batches[..<middle])) + store(Array(batches[middle...]))
        }
        guard let batch = batches.first else { return [] }
        if !batch.hits.isEmpty { return [await storeApart(batch, error)] }
        guard batch.items.count > 1 else {
            guard case .interaction(let interaction)? = batch.items.first else {
                return [.failure(.unavailable(String(describing: error)))]
            }
            // Without the message: the server quotes the input in it.
            let refusal = Refusal(
                .malformedJSON, "the database cannot store it (SQLSTATE \(error.state?.code ?? "unknown"))")
            let refused = preparation.refused(refusal, interaction.raw, source: interaction.sourceName)
            return await store([PreparedBatch(items: [.refusal(refused)], cursor: batch.cursor, bytes: batch.bytes)])
        }
        // The cursor moves with the last half: it must not pass what is not stored. The first half makes a step on the
        // spot, so that a reader that has lost its source stores nothing.
        let middle = batch.items.count / 2
        var onTheSpot = batch.cursor
        if let from = onTheSpot?.step.from { onTheSpot?.step.to = from }
        let first = PreparedBatch(items: Array(batch.items[..<middle]), cursor: onTheSpot, bytes: batch.bytes / 2)
        let second = PreparedBatch(items: Array(batch.items[middle...]), cursor: batch.cursor, bytes: batch.bytes / 2)
        let earlier: Receipt
        switch await store([first])[0] {
        case .success(let receipt): earlier = receipt
        case .failure(let error): return [.failure(error)]
        }
        return await store([second]).map { later in
            later.map {
                Receipt(outcomes: earlier.outcomes + $0.outcomes, epoch: $0.epoch, position: $0.position)
            }
        }
    }

    /// Items and hits, or the hits in halves, each for themselves; a hit that cannot be stored is a refusal.
    private func storeApart(_ batch: PreparedBatch, _ error: DatabaseError) async -> Result<Receipt, IntakeError> {
        var items = batch
        items.hits = []
        var rest: [PreparedBatch] = []
        if batch.items.isEmpty, batch.cursor == nil {
            let middle = batch.hits.count / 2
            if let hit = batch.hits.first, batch.hits.count == 1 {
                let refusal = Refusal(
                    .malformedJSON, "the database cannot store it (SQLSTATE \(error.state?.code ?? "unknown"))")
                let refused = preparation.refused(refusal, RawInput(hit.content.body), source: "")
                items.items = [.refusal(refused)]
            } else {
                items.hits = Array(batch.hits[..<middle])
                rest = [
                    PreparedBatch(items: [], cursor: nil, bytes: batch.bytes / 2, hits: Array(batch.hits[middle...]))
                ]
            }
        } else {
            rest = [PreparedBatch(items: [], cursor: nil, bytes: 0, hits: batch.hits)]
        }
        let first = await store([items])[0]
        guard case .success(var receipt) = first else { return first }
        for batch in rest {
            if case .failure(let error) = await store([batch])[0] { return .failure(error) }
        }
        if batch.items.isEmpty { receipt.outcomes = [] }
        return .success(receipt)
    }

    private func receipt(
        _ batch: PreparedBatch, _ stored: Stored, _ profiles: [HubID: HubID], _ unclaimed: inout Set<HubID>
    ) -> Receipt {
        let outcomes = batch.items.map { item -> Receipt.Outcome in
            switch item {
            case .refusal(let refused): .refused(refused.refusal)
            case .interaction(let row) where unclaimed.remove(row.id) != nil:
                .accepted(interaction: row.id, profile: profiles[row.facet.id])
            case .interaction(let row): .known(interaction: row.id, profile: profiles[row.facet.id])
            }
        }
        return Receipt(outcomes: outcomes, epoch: stored.since.epoch, position: stored.position)
    }

    /// Today's profiles of the facets of these batches.
    private func profiles(of batches: [PreparedBatch]) async throws(DatabaseError) -> [HubID: HubID] {
        var facets: Set<HubID> = []
        for case .interaction(let row) in batches.lazy.filter(\.wantsProfiles).flatMap(\.items) {
            facets.insert(row.facet.id)
        }
        guard !facets.isEmpty else { return [:] }
        let wanted = Parameter.uuids(facets.sorted())
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID: HubID] in
            let rows = try session.execute(.intakeProfiles, [.int8(workspace.id), wanted])
            var found: [HubID: HubID] = [:]
            for row in 0..<rows.count { found[try rows.id(row, 0)] = try rows.id(row, 1) }
            return found
        }
    }
}

extension DatabaseError {
    /// Whether an item of the batch is at fault: data that cannot be stored (22), a constraint (23), a program limit
    /// (54). Not a foreign key: what it refers to was there when the ids were computed, and may be again.
    var isOfData: Bool {
        guard let code = state?.code, outcome == .failed, state != .foreignKeyViolation else { return false }
        return code.hasPrefix("22") || code.hasPrefix("23") || code.hasPrefix("54")
    }
}
