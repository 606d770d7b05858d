import Testing

@testable import Delivery

@Suite struct AddressGuardTests {
    private static func exceptions(_ change: (inout AddressGuard.Exceptions) -> Void) -> AddressGuard {
        var exceptions = AddressGuard.Exceptions()
        change(&exceptions)
        return AddressGuard(exceptions)
    }

    private func isRefused(_ address: String, _ addressGuard: AddressGuard = AddressGuard()) throws -> Bool {
        let url = try WebhookURL("https://hooks.example/")
        return addressGuard.refusal(of: try #require(IPAddress(address)), for: url) != nil
    }

    /// The first and the last of each range, and of what lies beside it where that is public.
    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0", "192.88.99.255", "192.168.0.0",
        "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0",
        "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
        "::", "::1", "::2", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a00:1", "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "64:ff9b::1:808:808", "100::", "100::ffff:ffff:ffff:ffff", "2001::", "2001:0:53aa:64c:0:7bfe:8c3b:5ab0",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::", "2002:a9fe:a9fe::", "3fff::", "3fff:fff::", "4000::1",
        "5f00::1", "fc00::", "fd12:3456:789a:1::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::1", "feff::1", "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1fff:ffff::1",
    ])
    func `an address that is not public is refused`(address: String) throws {
        #expect(try isRefused(address))
    }

    @Test(arguments: [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
        "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8",
        "2001:200::", "2001:db7:ffff::", "2001:db9::", "2606:4700:4700::1111", "2a00:1450::1", "2003::1", "2000::1",
        "3ffe:ffff::", "3fff:1000::", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
    ])
    func `a public address is not`(address: String) throws {
        #expect(try !isRefused(address))
    }

    @Test func `one private address among public ones is enough`() throws {
        let url = try WebhookURL("https://hooks.example/")
        let mixed = [IPAddress("8.8.8.8"), IPAddress("10.0.0.1")].compactMap(\.self)
        let refusal = AddressGuard().refusal(of: mixed, for: url)
        #expect(refusal?.contains("hooks.example leads to 10.0.0.1, which is private (RFC 1918)") == true)
    }

    @Test(arguments: [
        ("https://hooks.example/", true), ("https://hooks.example:8443/", true), ("https://8.8.8.8/", true),
        ("https://[2606:4700::1]/", true), ("http://hooks.example/", false), ("http://hooks.example:8080/", false),
        ("https://hooks.example:22/", false), ("https://hooks.example:80/", false),
        ("https://hooks.example:8080/", false),
        ("https://127.0.0.1/", false), ("https://[::1]/", false), ("https://[::ffff:10.0.0.1]/", false),
        ("https://169.254.169.254/latest/meta-data/", false), ("https://8.8.8.8:25/", false),
    ])
    func `without exceptions only https on two ports passes`(text: String, passes: Bool) throws {
        #expect((AddressGuard().refusal(of: try WebhookURL(text)) == nil) == passes)
    }

    @Test func `an exception opens its addresses for http and any port, and no others`() throws {
        let range = try #require(AddressRange("10.1.0.0/16"))
        let opened = Self.exceptions { $0.ranges = [range] }
        #expect(opened.refusal(of: try WebhookURL("http://10.1.2.3:9000/")) == nil)
        #expect(opened.refusal(of: try WebhookURL("http://10.2.2.3:9000/")) != nil)
        #expect(opened.refusal(of: try WebhookURL("http://8.8.8.8/")) != nil)
        #expect(try !isRefused("::ffff:10.1.0.1", opened))
        // A gateway's address is not the address itself.
        #expect(try isRefused("64:ff9b::10.1.0.1", opened))
        #expect(try isRefused("2002:a01:1::", opened))
        // Before the look-up it depends; after it, it does not.
        let url = try WebhookURL("http://intern:9000/")
        #expect(opened.refusal(of: url) == nil)
        let inside = try #require(IPAddress("10.1.0.1")), outside = try #require(IPAddress("8.8.8.8"))
        #expect(opened.refusal(of: [inside], for: url) == nil)
        #expect(opened.refusal(of: [inside, outside], for: url) != nil)
    }

    @Test func `private networks are neither this machine nor the local link`() throws {
        let opened = Self.exceptions { $0.allowsPrivateNetworks = true }
        for address in ["10.0.0.1", "172.20.0.1", "192.168.1.1", "fd00::1"] { #expect(try !isRefused(address, opened)) }
        for address in ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "100.64.0.1", "0.0.0.0"] {
            #expect(try isRefused(address, opened))
        }
    }

    @Test func `http for all is for its two ports`() throws {
        let opened = Self.exceptions { $0.allowsHTTP = true }
        #expect(opened.refusal(of: try WebhookURL("http://8.8.8.8/")) == nil)
        #expect(opened.refusal(of: try WebhookURL("http://8.8.8.8:8080/")) == nil)
        #expect(opened.refusal(of: try WebhookURL("http://8.8.8.8:6379/")) != nil)
        #expect(opened.refusal(of: try WebhookURL("http://10.0.0.1/")) != nil)
    }

    @Test func `ranges are read strictly`() {
        for text in [
            "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10/8",
            "fe80::%1/10", "::/129", "0x0a.0.0.0/8", "fc00::1/7",
        ] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
        #expect(AddressRange("10.0.0.0/8")?.description == "10.0.0.0/8")
        #expect(AddressRange("127.0.0.1")?.description == "127.0.0.1/32")
        #expect(AddressRange("fd00:1::/32")?.description == "fd00:1::/32")
        #expect(AddressRange("0.0.0.0/0")?.contains(IPAddress(v4: .max)) == true)
        #expect(AddressRange("0.0.0.0/0")?.contains(IPAddress(v6: 1)) == false)
        #expect(AddressRange("::/0")?.contains(IPAddress(v6: .max)) == true)
    }

    /// An own reckoning, by the bits written out.
    @Test func `a range holds what begins with its bits`() {
        var random = SplitMix(seed: 7)
        for _ in 0..<500 {
            let (length, bits) = (Int.random(in: 0...32, using: &random), UInt32.random(in: 0...(.max), using: &random))
            let other = bits ^ (1 << UInt32.random(in: 0..<32, using: &random))
            func digits(_ number: UInt32) -> String {
                let text = String(number, radix: 2)
                return String(repeating: "0", count: 32 - text.count) + text
            }
            let kept = digits(bits).prefix(length)
            let first = UInt32(kept + String(repeating: "0", count: 32 - length), radix: 2) ?? 0
            let range = AddressRange(IPAddress(v4: first), length)
            #expect(range.contains(IPAddress(v4: bits)))
            #expect(range.contains(IPAddress(v4: other)) == digits(other).hasPrefix(kept))
        }
    }
}

/// A generator whose numbers a seed determines (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
