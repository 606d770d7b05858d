import Contact
import Foundation
import Testing

@testable import EmailConnector

/// Each mail of the folder, read and compared with the lines beside it. To write new
/// expectations, delete a `.txt`, copy what the test prints, and check every line of it by eye.
@Suite struct FixtureTests {
    @Test(arguments: Fixture.names) func `Each mail is read as the lines beside it say`(name: String) throws {
        let found = summary(try items(try Fixture.bytes(name)))
        let expected = (try? Fixture.expectation(name)) ?? "nothing is expected yet"
        #expect(found == expected, "\(name):\n\(found)")
    }

    @Test func `There are fixtures`() {
        #expect(Fixture.names.count > 40)
    }
}
