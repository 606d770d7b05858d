package import Contact
package import Postgres

/// One row of the audit log: who looked at whom, or changed what. Ids only: no value of an identifier, nothing that was
/// searched for, no address of whoever asked.
package struct AuditEntry: Sendable {
    /// Profiles of one row that are kept; `answered` counts them all.
    package static let mostProfiles = 200

    package let id: HubID
    /// Microseconds since 1970.
    package let at: Int64
    /// A key, a person or a login, as decisions name whose word they are; at most 200 characters.
    package let who: String
    /// The name of a ``KeyRole``, or `login` for a command on the server.
    package let role: String
    /// Of the table of routes, or of a command.
    package let action: String
    /// The id that was asked for, whether or not there is such a thing.
    package let asked: HubID?
    /// What has a name and no id, at most 64 characters.
    package let object: String?
    /// Those the answer was about.
    package var profiles: [HubID]
    package let answered: Int
    /// As HTTP has it.
    package let status: Int
    /// The asker's own id of the request.
    package let request: HubID?

    package init(
        id: HubID = .random(), at: Int64, who: String, role: String, action: String, asked: HubID? = nil,
        object: String? = nil, profiles: [HubID] = [], answered: Int? = nil, status: Int, request: HubID? = nil
    ) {
        self.id = id
        self.at = at
        self.who = String(who.prefix(200))
        self.role = role
        self.action = action
        self.asked = asked
        self.object = object.map { String($0.prefix(64)) }.flatMap { $0.isEmpty ? nil : $0 }
        self.profiles = profiles
        self.answered = answered ?? profiles.count
        self.status = status
        self.request = request
    }
}

/// The audit log of a workspace: rows are added and read, and nothing else.
package struct Audit: Sendable {
    /// Which rows are asked for; the latest first.
    package struct Filter: Sendable {
        package var profile: HubID?
        package var who: String?
        package var action: String?
        /// From this moment on.
        package var since: Int64?
        /// Before this moment.
        package var until: Int64?

        package init() {}
    }

    /// Of years 1 to 9999, which RFC 3339 can say.
    private static let ends: (first: Int64, last: Int64) = (-62_135_596_800_000_000, 253_402_300_799_999_999)

    private let database: Database
    private let workspace: Int64

    package init(_ database: Database, workspace: Int64) {
        self.database = database
        self.workspace = workspace
    }

    private var opening: String { "SET LOCAL contatto.workspace = '\(workspace)'" }

    /// Adds rows, all in one transaction; one that is there already stays as it is.
    package func add(_ entries: [AuditEntry]) async throws(DatabaseError) {
        let statements = statements(entries)
        try await database.transaction(opening: opening) { (session: borrowing Session) throws(DatabaseError) in
            _ = try session.pipeline(statements)
        }
    }

    private func statements(_ entries: [AuditEntry]) -> [(Statement, [Parameter])] {
        var (times, ids) = (ArrayBuilder(.timestamptz), ArrayBuilder(.uuid))
        var (who, roles, actions) = (ArrayBuilder(.text), ArrayBuilder(.text), ArrayBuilder(.text))
        var (asked, objects, answered) = (ArrayBuilder(.uuid), ArrayBuilder(.text), ArrayBuilder(.int4))
        var (statuses, requests) = (ArrayBuilder(.int2), ArrayBuilder(.uuid))
        var (shownTimes, shownIDs, shown) = (ArrayBuilder(.timestamptz), ArrayBuilder(.uuid), ArrayBuilder(.uuid))
        for entry in entries {
            times.append(timestamp: entry.at)
            ids.append(entry.id)
            who.append(text: entry.who)
            roles.append(text: entry.role)
            actions.append(text: entry.action)
            asked.append(optional: entry.asked)
            objects.append(optional: entry.object)
            answered.append(int4: Int32(clamping: entry.answered))
            statuses.append(int2: Int16(clamping: entry.status))
            requests.append(optional: entry.request)
            for profile in Set(entry.profiles.prefix(AuditEntry.mostProfiles)) {
                shownTimes.append(timestamp: entry.at)
                shownIDs.append(entry.id)
                shown.append(profile)
            }
        }
        return [
            (
                .auditAdd,
                [
                    .int8(workspace), .array(times), .array(ids), .array(who), .array(roles), .array(actions),
                    .array(asked), .array(objects), .array(answered), .array(statuses), .array(requests),
                ]
            ),
            (.auditProfilesAdd, [.int8(workspace), .array(shownTimes), .array(shownIDs), .array(shown)]),
        ]
    }

    /// Rows before a place, the latest first.
    package func page(
        _ filter: Filter, before place: (at: Int64, id: HubID)?, limit: Int
    ) async throws(DatabaseError) -> [AuditEntry] {
        let last = HubID(high: .max, low: .max)
        var before = place ?? (Self.ends.last, last)
        // What is at `until` itself is left out: no id is below the lowest.
        if let until = filter.until, until <= before.at { before = (until, HubID(high: 0, low: 0)) }
        let span: [Parameter] = [
            .timestamp(before.at), .uuid(before.id), .timestamp(filter.since ?? Self.ends.first), .int8(Int64(limit)),
        ]
        let own: [Parameter] = [.int8(workspace)]
        let call: (Statement, [Parameter])
        if let profile = filter.profile {
            call = (.auditOf, own + [.uuid(profile)] + span + [.text(filter.who), .text(filter.action)])
        } else if let who = filter.who {
            call = (.auditBy, own + [.text(who)] + span + [.text(filter.action)])
        } else {
            call = (.auditPage, own + span + [.text(filter.action)])
        }
        let workspace = workspace
        return try await database.transaction(opening: opening) {
            (session: borrowing Session) throws(DatabaseError) -> [AuditEntry] in
            let rows = try session.execute(call.0, call.1)
            var found: [AuditEntry] = []
            var places: [HubID: Int] = [:]
            var (times, ids) = (ArrayBuilder(.timestamptz), ArrayBuilder(.uuid))
            for row in 0..<rows.count {
                let entry = AuditEntry(
                    id: try rows.id(row, 1), at: try rows.timestamp(row, 0), who: try rows.text(row, 2),
                    role: try rows.text(row, 3), action: try rows.text(row, 4), asked: try rows.optionalID(row, 5),
                    object: try rows.optionalText(row, 6), answered: Int(try rows.int32(row, 7)),
                    status: Int(try rows.int16(row, 8)), request: try rows.optionalID(row, 9))
                times.append(timestamp: entry.at)
                ids.append(entry.id)
                places[entry.id] = found.count
                found.append(entry)
            }
            let shown = try session.execute(.auditProfiles, [.int8(workspace), .array(times), .array(ids)])
            for row in 0..<shown.count {
                guard let place = places[try shown.id(row, 0)] else { continue }
                found[place].profiles.append(try shown.id(row, 1))
            }
            return found
        }
    }
}

extension Statement {
    static let auditAdd = Statement(
        """
        /* audit.add */
        INSERT INTO audit (workspace, at, entry, who, role, action, asked, object, answered, status, request)
        SELECT $1, at, entry, who, role, action, asked, object, answered, status, request
        FROM unnest($2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
            $9::integer[], $10::smallint[], $11::uuid[])
          AS new (at, entry, who, role, action, asked, object, answered, status, request)
        ON CONFLICT DO NOTHING
        """)
    static let auditProfilesAdd = Statement(
        """
        /* audit.profiles_add */
        INSERT INTO audit_profile (workspace, at, entry, profile)
        SELECT $1, at, entry, profile FROM unnest($2::timestamptz[], $3::uuid[], $4::uuid[]) AS new (at, entry, profile)
        ON CONFLICT DO NOTHING
        """)
    static let auditPage = Statement(
        """
        /* audit.page */
        SELECT at, entry, who, role, action, asked, object, answered, status, request FROM audit
        WHERE workspace = $1 AND (at, entry) < ($2, $3) AND at >= $4 AND ($6::text IS NULL OR action = $6)
        ORDER BY at DESC, entry DESC LIMIT $5
        """)
    static let auditBy = Statement(
        """
        /* audit.by */
        SELECT at, entry, who, role, action, asked, object, answered, status, request FROM audit
        WHERE workspace = $1 AND who = $2 AND (at, entry) < ($3, $4) AND at >= $5 AND ($7::text IS NULL OR action = $7)
        ORDER BY at DESC, entry DESC LIMIT $6
        """)
    static let auditOf = Statement(
        """
        /* audit.of */
        SELECT audit.at, audit.entry, who, role, action, asked, object, answered, status, request
        FROM audit_profile AS shown
        CROSS JOIN LATERAL (
          SELECT * FROM audit WHERE audit.workspace = $1 AND audit.at = shown.at AND audit.entry = shown.entry
            AND ($7::text IS NULL OR who = $7) AND ($8::text IS NULL OR action = $8) OFFSET 0) AS audit
        WHERE shown.workspace = $1 AND shown.profile = $2 AND (shown.at, shown.entry) < ($3, $4) AND shown.at >= $5
        ORDER BY shown.at DESC, shown.entry DESC LIMIT $6
        """)
    static let auditProfiles = Statement(
        """
        /* audit.profiles */
        SELECT wanted.entry, found.profile
        FROM unnest($2::timestamptz[], $3::uuid[]) AS wanted (at, entry)
        CROSS JOIN LATERAL (
          SELECT profile FROM audit_profile WHERE workspace = $1 AND audit_profile.at = wanted.at
            AND audit_profile.entry = wanted.entry ORDER BY profile OFFSET 0) AS found
        """)
}
