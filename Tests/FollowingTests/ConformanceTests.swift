import ContactTesting
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: ConnectorConformance.allCases)
    func `A connector that keeps the rules conforms`(trial: ConnectorConformance) async throws {
        try await trial.run(Shelf())
    }

    @Test(arguments: [
        (Shelf.Fault.newKeys, ConnectorConformance.sameInputGivesTheSameKeys),
        (.movesBeforeStoring, .restartsLoseAndDoubleNothing),
        (.dropsTheUnreadable, .malformedItemsStopNothing),
        (.acknowledgesEarly, .nothingIsAcknowledgedEarly),
        (.hidesFailure, .anHourAwayIsSurvived),
    ])
    func `A connector that breaks a rule is found out`(fault: Shelf.Fault, trial: ConnectorConformance) async throws {
        await #expect(throws: ConnectorConformance.Nonconformity.self) {
            try await trial.run(Shelf(fault), patience: .seconds(8))
        }
    }
}
