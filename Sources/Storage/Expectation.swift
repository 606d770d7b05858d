internal import Contact
internal import Postgres
package import Resolution

/// How profiles have to be found, under the lock of a change, for the change to be made.
package struct Expectation: Sendable {
    /// No more profiles than this can be as they are expected.
    let most: Int
    let holds: @Sendable (Profile) -> Bool

    package init(ofAtMost most: Int, _ holds: @escaping @Sendable (Profile) -> Bool) {
        self.most = most
        self.holds = holds
    }
}

/// How rules have to be found, under the lock of their change, for it to be made.
package typealias RuleExpectation = @Sendable (_ version: Int32, Rules) -> Bool

extension Ledger {
    /// Whether each of these living profiles is as it is expected. Asked under the journal row: nothing that a profile shows
    /// changes until the transaction ends.
    func areExpected(
        _ profiles: Set<HubID>, _ expectation: Expectation?, in session: borrowing Session
    ) throws(DatabaseError) -> Bool {
        guard let expectation else { return true }
        guard profiles.count <= expectation.most else { return false }
        let reader = Profiles(database, workspace: workspace, key: preparation.key)
        for id in profiles.sorted() {
            guard case .profile(let profile)? = try reader.profile(id, guesses: false, in: session),
                expectation.holds(profile)
            else { return false }
        }
        return true
    }
}
