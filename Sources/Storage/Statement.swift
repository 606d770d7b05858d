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
    /// Planned for each run, for what it finds by many keys. A plan that is kept from when a table was small reads the
    /// whole of it for ever after (seen: 28,805 rows read to find 172), and `plan_cache_mode` is no cure: it would plan
    /// every single check of a foreign key anew.
    let isPlannedAnew: Bool

    init(_ sql: StaticString, mayScan: Bool = false, isPlannedAnew: Bool = false) {
        self.sql = sql
        self.mayScan = mayScan
        self.isPlannedAnew = isPlannedAnew
    }

    package static let all: [Statement] = [
        intakeStart, intakeLock, intakeKeys, intakeMessages, intakeThreadLinks, intakeInteractions, intakeRefusals,
        intakeHits, hitCounts,
        intakeKnownFacets,
        intakeIdentifiers, intakeFacets, intakeFacetIdentifiers, intakeTraits, intakeCursor, intakeDays,
        intakeProfiles,
        resolveNeighbours, resolveShowing, resolveShared, resolveUnshare, resolveShare, resolveProfiles, resolveFacets,
        resolveAbsorbedIDs, resolveObservations, resolveDecisions, resolveBorn, resolveRaised, resolveRepoint,
        resolveRedirect,
        softRecords, softKeys, softKnown, softHolders, softAllHolders, softWide, softMarkWide, softContents, softEdges,
        softEdgesAdd, softEdgesDrop, softNeighbours, softStating, softForget, softForgetKeys,
        softNarrow, softModelRead, softModelAdd, softModelFirst, softModelCurrent, softModelPending,
        softModelReached, softModelGive, softModelRecords, softReviews,
        softTrainingRecords, softTrainingLabels,
        ruleSetRead, ruleSetAdd, ruleSetFirst, ruleSetCurrent, ruleSetPending, ruleSetReached, ruleSetValues,
        ruleSetProfiles, ruleSetFacets,
        decisionAdd, decisionHead, decisionFacetsAdd, decisionRevoke, decisionOne, decisionAbout, decisionList,
        decisionSides,
        decisionProfiles, decisionFacets, reviewContested, previewFacets,
        eraseInteractions, eraseKeys, eraseShown, eraseFacets, eraseValues, eraseProfiles, eraseRedirects, eraseBirths,
        eraseHead,
        journalAppend, journalHead,
        bellsTell, feedHead, feedChanges, feedHomes, feedSurvivors, feedProfiles, feedIdentifiers, feedInteractions,
        feedSnapshot,
        subscriptionList, subscriptionHealth, subscriptionAdd, subscriptionCursorAdd, subscriptionChange,
        subscriptionPause, subscriptionDisable, subscriptionForgive, subscriptionRemove, subscriptionSecrets,
        subscriptionSecretSet, subscriptionSecretRemove, subscriptionRow, subscriptionTake, subscriptionRenew,
        subscriptionRelease, subscriptionUnhold, subscriptionMove, subscriptionProgress, subscriptionFailure,
        deliveryPark, deliverySettle, deliveryForget, deliveryRevive, deliveryList, deliveryWaiting, deliveryLog,
        deliveryLogLast,
        deliveryLogAdd, deliveryLogCut,
        workspaceList, workspaceAdd, workspaceSecret, workspaceKey, workspaceJournal, workspaceRules, workspaceModel,
        sourceList, sourceAdd, sourceCursorAdd,
        sourceSettings, sourceAddConfigured, sourceChange, sourceSecrets, sourceSecretSet, sourceSecretRemove,
        sourcePause, leaseRow, leaseTake, leaseRenew, leaseRelease, healthWrite, healthList,
        seenFind, seenAdd,
        profileByID, profileByIdentifier, profileOwn, profileFacets, profileIdentifiers, profileObservations,
        profileAbsorbed, profileLatest, profileEarlier, profileTimeline, profileLater, profileTimelineWhere,
        profileTimelineUpward, profileShown, glanceHome, glanceIdentifiers,
        searchCursor, searchCursorAdd, searchCursorMove, searchCursorHold, searchReach, searchWaiting, searchRecorded,
        searchMissing,
        searchShown, searchMessages, searchOlder, searchOlderMessages, searchFacetsAdd, searchWordsAdd, searchTextsAdd,
        searchWordsForget, searchUnshown, searchNames, searchMeant, searchProfiles, searchTexts, searchExact,
        searchDescribe,
        threadNeighbours,
        auditAdd, auditProfilesAdd, auditPage, auditBy, auditOf, auditProfiles,
        issuerList, issuerAdd, issuerRemove,
        keyLast, keyAdd, keyFind, keyUsed, keyList, keyRevoke,
        statsCounts, statsRefusals, statsRefusalsBySource, statsSources,
        recordProfile, recordInteraction, recordFacet, consentAdd, consentLatest, consentStanding, consentOf,
        consentHistory, memoryAdd, memoryOne, memorySame, memoryClose, memoryList, memoryCounts, memoryPromises,
        recogniseHolders, recogniseAnybody, recogniseTraits, recogniseMemories, recogniseFirst,
        recogniseRecent, disclosureRules, disclosureClear, disclosureAdd,
        organisationOf, organisationPeople, interactionOne, interactionOriginal, interactionFacets, sourceSites,
    ]
}

extension Session {
    /// Runs one of the hub's statements.
    borrowing func execute(_ statement: Statement, _ parameters: [Parameter] = []) throws(DatabaseError) -> Rows {
        if statement.isPlannedAnew { return try query(text: statement.sql.description, parameters) }
        return try execute(statement.sql, parameters)
    }

    /// Runs some of them in their order in one round trip. Each sees what was committed before it began, as when they are
    /// sent one by one.
    borrowing func pipeline(_ statements: [(Statement, [Parameter])]) throws(DatabaseError) -> [Rows] {
        let unprepared = statements.indices.filter { statements[$0].0.isPlannedAnew }
        return try pipeline(statements.map { ($0.0.sql, $0.1) }, unprepared: Set(unprepared))
    }
}
