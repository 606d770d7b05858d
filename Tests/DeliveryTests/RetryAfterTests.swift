import Testing

@testable import Delivery

@Suite struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    private let example: Int64 = 784_111_777

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        " Sun, 06 Nov 1994 08:49:37 GMT\t",
    ])
    func `reads the three forms of a moment`(text: String) {
        #expect(RetryAfter.duration(text, now: example - 90) == .seconds(90))
        #expect(RetryAfter.duration(text, now: example + 90) == .zero)
    }

    @Test func `reads seconds, and no more than a day`() {
        #expect(RetryAfter.duration("120", now: 0) == .seconds(120))
        #expect(RetryAfter.duration("0", now: 0) == .zero)
        #expect(RetryAfter.duration("86401", now: 0) == .seconds(86_400))
        #expect(RetryAfter.duration("99999999999999999999999", now: 0) == .seconds(86_400))
        #expect(RetryAfter.duration("Fri, 31 Dec 9999 23:59:59 GMT", now: example) == .seconds(86_400))
    }

    @Test func `leap days and centuries are counted`() {
        #expect(RetryAfter.duration("Thu, 29 Feb 2024 00:00:00 GMT", now: 1_709_164_800) == .zero)
        #expect(RetryAfter.duration("Fri, 01 Mar 2024 00:00:00 GMT", now: 1_709_164_800) == .seconds(86_400))
        #expect(RetryAfter.duration("Thursday, 29-Feb-24 00:01:00 GMT", now: 1_709_164_800) == .seconds(60))
    }

    @Test(arguments: [
        "", " ", "-1", "+5", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "１２０",
    ])
    func `anything else says nothing`(text: String) {
        #expect(RetryAfter.duration(text, now: example) == nil)
    }
}
