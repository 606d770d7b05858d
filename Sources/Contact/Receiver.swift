package import HTTPTypes

/// A connector that is spoken to over HTTP.
///
/// `API` mounts it under `/v1/sources/NAME/PATH`, with the source's own key (role connector) or an admin's: the caller
/// is known, and may speak for this source, before ``receive(_:into:)`` is called.
package protocol Receiver: Connector {
    /// What it answers to, under the source's address.
    static var routes: [ReceiverRoute] { get }
    /// Turns one request into a batch and its receipt into an answer. What cannot be read is an item that the intake
    /// refuses, or a ``ReceiverError`` where there is not even an item. An error of the intake is thrown on. Of a body it
    /// holds no more than ``RawInput/mostWhole`` bytes: those are counted against what the hub may hold.
    func receive(_ request: ReceivedRequest, into intake: any Intake) async throws -> ReceivedAnswer
}

package struct ReceiverRoute: Hashable, Sendable {
    package let method: HTTPRequest.Method
    /// `messages`; there may be several segments: `mailgun/mime`.
    package let path: String

    package init(_ method: HTTPRequest.Method, _ path: String) {
        self.method = method
        self.path = path
    }
}

/// A request as it came, its body still on the wire.
package struct ReceivedRequest: Sendable {
    package let route: ReceiverRoute
    package let head: HTTPRequest
    package let body: ReceivedBody
    /// Microseconds since 1970.
    package let arrival: Int64

    package init(route: ReceiverRoute, head: HTTPRequest, body: ReceivedBody, arrival: Int64) {
        self.route = route
        self.head = head
        self.body = body
        self.arrival = arrival
    }
}

/// The bytes of a body, chunk by chunk; who does not ask for the next one holds the sender back.
package struct ReceivedBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let start: @Sendable () -> @Sendable () async throws -> [UInt8]?

    /// Takes what gives, at each start, what gives the next chunk, and nil at the end.
    package init(_ start: @escaping @Sendable () -> @Sendable () async throws -> [UInt8]?) { self.start = start }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let next: @Sendable () async throws -> [UInt8]?
        package mutating func next() async throws -> [UInt8]? { try await self.next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(next: start()) }
}

package struct ReceivedAnswer: Sendable {
    package let status: HTTPResponse.Status
    package let contentType: String
    package let body: [UInt8]

    package init(_ status: HTTPResponse.Status, contentType: String, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// A request that holds no item at all.
package enum ReceiverError: Error, Sendable {
    /// Not a request for this route: the status, and a line that says what to send.
    case unusable(HTTPResponse.Status, String)
}
