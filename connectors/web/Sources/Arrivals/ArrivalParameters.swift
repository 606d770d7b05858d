/// The parameters an address arrived with, by name without case: of the query, then of a fragment that is written
/// like one (`#utm_source=…`, `#/page?utm_source=…`), which some sites use so that no server sees them.
struct ArrivalParameters: Sendable {
    private var values: [String: [String]] = [:]

    init(_ page: PageAddress?) {
        guard let page else { return }
        var all = page.query
        if page.fragment.utf8.contains(UInt8(ascii: "=")) {
            let bytes = Array(page.fragment.utf8)
            let mark = bytes.firstIndex(of: UInt8(ascii: "?")).map { $0 + 1 } ?? 0
            all += PageAddress.parameters(bytes[mark...]).prefix(PageAddress.mostParameters - all.count)
        }
        for one in all where !one.value.isEmpty {
            values[Self.lowerCased(one.name), default: []].append(one.value)
        }
    }

    var isEmpty: Bool { values.isEmpty }

    /// The first value that is not empty under the first of these names that has one, as one line. Without what
    /// shows a person or a credential: neither campaign nor code is one.
    func first(_ names: some Sequence<String>, limit: Int = 200) -> String? {
        guard !values.isEmpty else { return nil }
        for name in names {
            for value in values[name] ?? [] {
                if let line = Self.kept(value, limit: limit) { return line }
            }
        }
        return nil
    }

    func first(_ names: String..., limit: Int = 200) -> String? { first(names, limit: limit) }

    /// Whether there is such a parameter that is not empty, whatever it says.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// All values under a name, as ``first(_:limit:)`` gives them.
    func all(_ name: String) -> [String] { (values[name] ?? []).compactMap { Self.kept($0) } }

    static func kept(_ value: String, limit: Int = 200) -> String? {
        guard let line = WrittenText.line(value, limit: limit), !Secrets.isShown(in: line) else { return nil }
        return nothings.contains(lowerCased(line)) ? nil : line
    }

    /// What programs write where they have nothing to write.
    private static let nothings: Set<String> = ["null", "undefined", "(not set)", "(none)"]

    /// Parameter names are ASCII; the case of other letters stays.
    static func lowerCased(_ text: String) -> String {
        guard text.utf8.contains(where: { (0x41...0x5A).contains($0) }) else { return text }
        return String(decoding: text.utf8.map(WrittenText.lowerCased), as: UTF8.self)
    }
}
