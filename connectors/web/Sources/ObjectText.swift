internal import Contact

/// A JSON object that is being written, member by member.
struct ObjectText {
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var isEmpty = true

    /// Nothing was added that is there.
    var hasNone: Bool { isEmpty }

    private mutating func begin(_ key: String) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        JSONTape.append(quoted: key.utf8, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// A text; what is nil or empty is left out.
    mutating func add(_ key: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        begin(key)
        JSONTape.append(quoted: text.utf8, to: &bytes)
    }

    /// A value as it came, where that can be stored.
    mutating func add(_ key: String, _ value: JSONValue?) {
        guard let value, !value.isNull else { return }
        begin(key)
        bytes += value.storable
    }

    /// JSON that is written already.
    mutating func add(_ key: String, json: [UInt8]) {
        begin(key)
        bytes += json
    }

    /// An object, if it has members.
    mutating func add(_ key: String, _ object: ObjectText) {
        guard !object.hasNone else { return }
        begin(key)
        bytes += object.finished
    }

    /// An array of objects, if there are any.
    mutating func add(_ key: String, _ objects: [ObjectText]) {
        guard !objects.isEmpty else { return }
        add(key, json: JSONWriter.array(objects.map(\.finished)))
    }

    var finished: [UInt8] { bytes + [UInt8(ascii: "}")] }
}
