internal import Contact

/// A JSON object that is being written, member by member, into one buffer: what it holds is written where it stands, because
/// putting texts together from pieces was a third of the time an event took (perf, batches of 100).
struct ObjectText {
    private var bytes: [UInt8]
    private var isEmpty = true

    init() {
        bytes = []
        // The most that the allocator hands out from a thread's own store (glibc: up to 1,032 bytes).
        bytes.reserveCapacity(990)
        bytes.append(UInt8(ascii: "{"))
    }

    /// Nothing was added that is there.
    var hasNone: Bool { isEmpty }

    /// The object, which ends with it.
    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A key of our own: letters and underscores.
    private mutating func begin(_ key: StaticString) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        bytes.append(UInt8(ascii: "\""))
        JSONTape.append(literal: key, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func begin(named key: String) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        JSONTape.append(quoted: key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// A text; what is nil or empty is left out.
    mutating func add(_ key: StaticString, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        begin(key)
        JSONTape.append(quoted: text, to: &bytes)
    }

    /// The same under a key that came from outside.
    mutating func add(named key: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        begin(named: key)
        JSONTape.append(quoted: text, to: &bytes)
    }

    /// A value as it came, where that can be stored.
    mutating func add(named key: String, _ value: JSONValue?) {
        guard let value, !value.isNull else { return }
        begin(named: key)
        value.append(to: &bytes)
    }

    /// JSON that is written already.
    mutating func add(_ key: StaticString, json: [UInt8]) {
        begin(key)
        bytes += json
    }

    /// An object, if it gets members.
    mutating func object(_ key: StaticString, _ body: (inout ObjectText) -> Void) {
        let (end, wasEmpty) = (bytes.count, isEmpty)
        begin(key)
        if !nested(body) {
            bytes.removeSubrange(end...)
            isEmpty = wasEmpty
        }
    }

    /// An array of objects, one for each element, if there are any.
    mutating func array<Element>(
        _ key: StaticString, _ elements: [Element], _ body: (inout ObjectText, Element) -> Void
    ) {
        guard !elements.isEmpty else { return }
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (place, element) in elements.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            _ = nested { body(&$0, element) }
        }
        bytes.append(UInt8(ascii: "]"))
        isEmpty = false
    }

    /// True where it got members.
    private mutating func nested(_ body: (inout ObjectText) -> Void) -> Bool {
        bytes.append(UInt8(ascii: "{"))
        isEmpty = true
        body(&self)
        let hasMembers = !isEmpty
        bytes.append(UInt8(ascii: "}"))
        isEmpty = false
        return hasMembers
    }
}
