/// Decides where webhooks may go, so that nobody who sets an endpoint reaches what only the hub can reach (SSRF,
/// OWASP API7:2023).
///
/// Without exceptions: https, on ports 443 and 8443, to names all of whose addresses are public. The judgement is about
/// addresses; whoever connects must connect to the address that was judged, and look nothing up again.
package struct AddressGuard: Sendable {
    /// Exceptions, set by the operator of the hub and nobody else.
    package struct Exceptions: Hashable, Sendable {
        /// To these, http is fine and so is any port.
        package var ranges: [AddressRange] = []
        /// As if all private networks (RFC 1918, RFC 4193) were in `ranges`. This machine and the local link are not.
        package var allowsPrivateNetworks = false
        /// To public addresses too http is fine, on ports 80 and 8080.
        package var allowsHTTP = false

        package init() {}
    }

    private static let securePorts = [443, 8443]
    private static let plainPorts = [80, 8080]

    private let exceptions: Exceptions

    package init(_ exceptions: Exceptions = Exceptions()) { self.exceptions = exceptions }

    /// Why a URL cannot be an endpoint, as far as that can be said without looking its name up; nil if nothing is wrong.
    package func refusal(of url: WebhookURL) -> String? {
        if let address = url.address { return refusal(of: address, for: url) }
        // With exceptions for addresses it depends on where the name leads.
        if !exceptions.ranges.isEmpty || exceptions.allowsPrivateNetworks { return nil }
        return wayRefusal(of: url)
    }

    /// Why a webhook may not go to one address of its URL; nil if it may.
    package func refusal(of address: IPAddress, for url: WebhookURL) -> String? {
        if isException(address) { return nil }
        if let name = SpecialAddresses.name(of: address) {
            let place = url.address == nil ? "\(url.host) leads to \(address), which" : "\(address)"
            return "\(place) \(name): a webhook goes to public addresses; who operates the hub can allow others"
        }
        return wayRefusal(of: url)
    }

    /// Why none of the addresses that a name led to may be used; nil if all may: one that is not public is enough, for
    /// a name that mixes them is a mistake or an attack.
    package func refusal(of addresses: [IPAddress], for url: WebhookURL) -> String? {
        for address in addresses {
            if let refusal = refusal(of: address, for: url) { return refusal }
        }
        return nil
    }

    private func isException(_ address: IPAddress) -> Bool {
        exceptions.ranges.contains { $0.contains(address) }
            || exceptions.allowsPrivateNetworks && SpecialAddresses.privateNetworks.contains { $0.contains(address) }
    }

    private func wayRefusal(of url: WebhookURL) -> String? {
        switch url.scheme {
        case .https where !Self.securePorts.contains(url.port):
            "port \(url.port) is not for webhooks: use 443 or 8443; who operates the hub can allow others"
        case .http where !exceptions.allowsHTTP:
            "http:// lets others read and change what is sent: use https://"
        case .http where !Self.plainPorts.contains(url.port):
            "port \(url.port) is not for webhooks: use 80 or 8080; who operates the hub can allow others"
        case .http, .https: nil
        }
    }
}
