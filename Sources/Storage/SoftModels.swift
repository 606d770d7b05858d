internal import Contact
package import Postgres
package import Resolution

/// The models of soft evidence of a workspace, in their versions.
enum SoftModels {
    /// What comes with the program.
    static let shipped = SoftModel.standard

    /// Version 0, and a version without parameters, are ``shipped``.
    static func read(
        _ version: Int32, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> SoftModel {
        guard version > 0 else { return shipped }
        let rows = try session.execute(.softModelRead, [.int8(workspace.id), .int4(version)])
        guard rows.count == 1 else { throw DatabaseError(.usage, "model \(version) of the workspace is gone") }
        guard !(try rows.isNull(0, 0)) else { return shipped }
        let json = try rows.bytes(0, 0)
        do { return SoftModel(try SoftParameters(json: json)) } catch {
            throw DatabaseError(.usage, "model \(version) of the workspace cannot be read: \(error)")
        }
    }
}

/// The model that counts now.
package struct ModelInForce: Sendable {
    package let version: Int32
    package let parameters: SoftParameters
    /// From how many it was learnt; 0 of what comes with the program.
    package let records: Int
    package let who: String
    /// In microseconds since 1970.
    package let madeAt: Int64
    /// All that is stored was compared by it.
    package let isApplied: Bool
}

extension Profiles {
    /// The model of soft evidence in force.
    package func model() async throws(DatabaseError) -> ModelInForce {
        let (workspace, book) = (workspace, book)
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> ModelInForce in
            let head = try Self.head(workspace, in: session)
            let model = try book.resolving(head, workspace, in: session).model
            let rows = try session.execute(.softModelRead, [.int8(workspace.id), .int4(head.model)])
            let isKnown = rows.count == 1
            return ModelInForce(
                version: head.model, parameters: model.parameters, records: isKnown ? Int(try rows.int32(0, 1)) : 0,
                who: isKnown ? try rows.text(0, 2) : "contatto", madeAt: isKnown ? try rows.timestamp(0, 3) : 0,
                isApplied: isKnown ? !(try rows.isNull(0, 4)) : false)
        }
    }
}

/// A model that was learnt.
package struct TrainedModel: Sendable {
    package let version: Int32
    package let records: Int
    /// Pairs that other evidence had joined.
    package let labels: Int
    package let parameters: SoftParameters
}

/// Why no model was learnt.
package enum TrainingError: Error, CustomStringConvertible {
    case tooFew(Int, least: Int)
    case database(DatabaseError)

    package var description: String {
        switch self {
        case .tooFew(let count, let least):
            "there are \(count) records with something to compare; a model is learnt from \(least) at least"
        case .database(let error): error.description
        }
    }
}

extension Ledger {
    /// From fewer records nothing can be learnt about how often strangers agree.
    private static let leastRecords = 200
    /// A sample as large as that says enough; it takes about 2 kB of memory a record.
    private static let mostRecords = 100_000
    private static let pageOfRecords = 2_000

    /// Learns a model from the workspace's own records, and makes it the one in force; ``applyRules()`` takes it to what is
    /// stored. Of very many records it is learnt from a sample by their hashes.
    @concurrent
    package func train(who: String) async throws(TrainingError) -> TrainedModel {
        let lessons: Lessons
        do throws(DatabaseError) { lessons = try await self.lessons() } catch { throw .database(error) }
        guard lessons.records.count >= Self.leastRecords else {
            throw .tooFew(lessons.records.count, least: Self.leastRecords)
        }
        var training = SoftTraining(lessons.records, labels: lessons.labels)
        let parameters = training.run()
        do throws(DatabaseError) {
            let version = try await use(parameters, records: lessons.records.count, who: who)
            return TrainedModel(
                version: version, records: lessons.records.count, labels: lessons.labels.count,
                parameters: parameters)
        } catch { throw .database(error) }
    }

    private struct Lessons: Sendable {
        var records: [SoftRecord] = []
        var labels: [SoftLabel] = []
        var places: [Int64: Int] = [:]
    }

    /// The records, and the pairs of them that share a value which joins.
    private func lessons() async throws(DatabaseError) -> Lessons {
        var lessons = Lessons()
        var last = Int64.min
        while lessons.records.count < Self.mostRecords {
            let page = try await records(after: last)
            guard let end = page.last else { break }
            last = end.id
            for one in page {
                lessons.places[one.id] = lessons.records.count
                lessons.records.append(one.record)
            }
        }
        let ids = lessons.places.keys.sorted()
        for start in stride(from: 0, to: ids.count, by: Self.pageOfRecords) {
            let page = Array(ids[start..<min(start + Self.pageOfRecords, ids.count)])
            for (one, other, kind) in try await proven(page) {
                guard let a = lessons.places[one], let b = lessons.places[other] else { continue }
                lessons.labels.append(SoftLabel(a, b, proof: SoftField(proofBy: kind)))
            }
        }
        return lessons
    }

    private func records(after last: Int64) async throws(DatabaseError) -> [PreparedSoft] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [PreparedSoft] in
            let rows = try session.execute(
                .softTrainingRecords, [.int8(workspace.id), .int8(last), .int8(Int64(Self.pageOfRecords))])
            var found: [PreparedSoft] = []
            for row in 0..<rows.count {
                if let record = PreparedSoft(canonical: try rows.bytes(row, 1), SoftModels.shipped) {
                    found.append(record)
                }
            }
            return found
        }
    }

    private func proven(
        _ records: [Int64]
    ) async throws(DatabaseError) -> [(Int64, Int64, IdentifierKind?)] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [(Int64, Int64, IdentifierKind?)] in
            let rows = try session.execute(.softTrainingLabels, [.int8(workspace.id), .int8s(records)])
            var found: [(Int64, Int64, IdentifierKind?)] = []
            for row in 0..<rows.count {
                found.append(
                    (
                        try rows.int64(row, 0), try rows.int64(row, 1),
                        IdentifierKind(code: try rows.int16(row, 2))
                    ))
            }
            return found
        }
    }

    /// Makes a model, learnt from so many records, the one in force; ``applyRules()`` takes it to what is stored. Returns
    /// its version.
    @concurrent
    package func use(
        _ parameters: SoftParameters, records: Int, who: String
    ) async throws(DatabaseError) -> Int32 {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Int32 in
            // One that was not begun yet is begun by the first step: facets that have no records are given them.
            let head = try self.journalHead(locking: true, in: session)
            let version = max(head.model, 1) + 1
            _ = try session.execute(
                .softModelAdd,
                [
                    .int8(self.workspace.id), .int4(version), .bytes(parameters.canonicalJSON),
                    .int4(Int32(clamping: records)), .text(who), .timestamp(self.now()),
                    .int2(head.model == 0 ? 1 : 2),
                ])
            _ = try session.execute(.softModelCurrent, [.int8(self.workspace.id), .int4(version)])
            return version
        }
    }
}

extension SoftField {
    /// The field that a value of some kind is compared in; of it a pair that the value joined teaches nothing.
    init?(proofBy kind: IdentifierKind?) {
        switch kind {
        case .email?: self = .email
        case .phone?: self = .phone
        case .landline?: self = .landline
        case let kind? where kind.exclusive: self = .number
        default: return nil
        }
    }
}

extension Statement {
    static let softModelRead = Statement(
        """
        /* soft_model.read */
        SELECT parameters, records, who, made_at, applied_at FROM soft_model WHERE workspace = $1 AND version = $2
        """)
    static let softModelAdd = Statement(
        """
        /* soft_model.add */
        INSERT INTO soft_model (workspace, version, parameters, records, who, made_at, stage)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """)
    static let softModelCurrent = Statement(
        """
        /* soft_model.current */
        UPDATE journal SET model = $2 WHERE workspace = $1
        """)
    static let softTrainingRecords = Statement(
        """
        /* soft_training.records */
        SELECT record, content FROM soft_record WHERE workspace = $1 AND record > $2 ORDER BY record LIMIT $3
        """)
    /// Pairs of records in one profile whose facets show one value that is not shared, with the value's kind.
    static let softTrainingLabels = Statement(
        """
        /* soft_training.labels */
        SELECT soft, other, min(kind) FROM (
          SELECT facet.soft, second.soft AS other, facet.profile, second.profile AS home, (
            SELECT kind FROM identifier
            WHERE workspace = $1 AND identifier.identifier = shown.identifier) AS kind, (
            SELECT count(*) FROM shared_run WHERE workspace = $1 AND shared_run.identifier = shown.identifier) AS runs
          FROM facet
          JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = facet.facet
          JOIN facet_identifier AS same ON same.workspace = $1 AND same.identifier = shown.identifier
          JOIN facet AS second ON second.workspace = $1 AND second.facet = same.facet
          WHERE facet.workspace = $1 AND facet.soft = ANY ($2::bigint[]) AND shown.assurance IN (2, 3)
            AND same.assurance IN (2, 3)
          OFFSET 0) AS pair
        WHERE profile = home AND soft < other AND runs = 0
        GROUP BY soft, other
        LIMIT 20000
        """, isPlannedAnew: true)
}
