/// Why the embedded cluster cannot be used, by what the caller can do about it; the message says what that is.
package enum ClusterError: Error, Sendable, Equatable {
    /// Another process owns it, for as long as that process lives.
    case owned(by: Int32?, String)
    /// The server cannot be had: its programs are missing, or it does not start.
    case unavailable(String)
    /// Somebody is starting or stopping it and takes long: the same again later may do.
    case tryAgain(String)
    /// The folder, its user or its files are not as they have to be.
    case settings(String)
}

extension ClusterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .owned(_, let message), .unavailable(let message), .tryAgain(let message), .settings(let message): message
        }
    }
}
