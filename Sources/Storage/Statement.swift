internal import Postgres

/// One SQL statement of the hub: a constant text, so that no value can be concatenated into it. Its first line is
/// its name, as pg_stat_statements shows it.
///
/// Every statement stands in ``all``; a test PREPAREs each against the migrated schema and EXPLAINs it as the hub's
/// role, and another compares the list with the sources.
package struct Statement: Sendable {
    package let sql: StaticString
    /// Reads a whole table or workspace by design (a count, a list), so the plan may hold a scan.
    package let mayScan: Bool

    init(_ sql: StaticString, mayScan: Bool = false) {
        self.sql = sql
        self.mayScan = mayScan
    }

    package static let all: [Statement] = [
        intakeStart, intakeLock, intakeKeys, intakeMessages, intakeInteractions, intakeRefusals, intakeKnownFacets,
        intakeIdentifiers, intakeFacets, intakeFacetIdentifiers, intakeTraits, intakeCursor, intakeMonths,
        intakeProfiles,
        resolveNeighbours, resolveProfiles, resolveBorn, resolveRaised, resolveRepoint,
        resolveAbsorbFacets, resolveAbsorbed, resolveRedirects,
        journalAppend, journalHead,
        workspaceList, workspaceAdd, workspaceSecret, workspaceKey, workspaceJournal,
        sourceList, sourceAdd, sourceCursor, sourceCursorAdd,
        profileByID, profileByIdentifier, profileOwn, profileFacets, profileIdentifiers, profileObservations,
        profileAbsorbed, profileLatest, profileEarlier, profileTimeline,
        statsCounts, statsRefusals, statsRefusalsBySource, statsSources,
    ]
}

extension Session {
    /// Runs one of the hub's statements.
    borrowing func execute(_ statement: Statement, _ parameters: [Parameter] = []) throws(DatabaseError) -> Rows {
        try execute(statement.sql, parameters)
    }
}
