import ContactTesting
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: ConnectorConformance.allCases)
    func `A connector that keeps the rules conforms`(trial: ConnectorConformance) async throws {
        try await trial.run(Shelf())
    }
}
