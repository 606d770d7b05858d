/// Why a webhook got no answer. The texts are for a log that who set the endpoint reads.
package enum WebhookError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it leads is not allowed; nothing was connected to. It stays so until somebody changes something.
    case refused(String)
    /// The name of the server has no address.
    case unknownName(String)
    /// Nobody took the connection.
    case noConnection(String)
    /// TLS could not be agreed on, or the certificate is not believed.
    case tls(String)
    /// The time was up; `sent`: the receiver may have the request.
    case timeout(sent: Bool)
    /// The request went out, and what came back is no answer.
    case brokenAnswer(String)
    /// The task was cancelled; the receiver may have the request.
    case cancelled

    package var description: String {
        switch self {
        case .refused(let text), .unknownName(let text), .noConnection(let text), .tls(let text),
            .brokenAnswer(let text):
            text
        case .timeout(sent: false): "the time was up before the webhook was sent"
        case .timeout(sent: true): "the webhook was sent, and the time was up before an answer came"
        case .cancelled: "the hub stopped before an answer came"
        }
    }
}
