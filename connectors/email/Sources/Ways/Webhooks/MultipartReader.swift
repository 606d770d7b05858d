/// multipart/form-data (RFC 7578): fields between lines of a boundary, in any number of pieces.
struct MultipartReader: FormReader {
    private static let mostParts = 1_000
    private static let longestHeader = 16 << 10

    private enum State { case content, delimiter, header, over }

    /// CR LF and `--` and the boundary: each field ends so, and so does what stands before the first.
    private let delimiter: [UInt8]
    private var state = State.content
    private var pending: [UInt8] = [0x0D, 0x0A]
    private var name: String?
    private var parts = 0

    init(boundary: String) { delimiter = Array("\r\n--\(boundary)".utf8) }

    /// Of a Content-Type; nil where it is not multipart/form-data with a boundary (RFC 2046, section 5.1.1).
    init?(contentType: String) {
        let words = Self.parameters(contentType)
        guard words.first?.name == "multipart/form-data",
            let boundary = words.dropFirst().first(where: { $0.name == "boundary" })?.value,
            (1...200).contains(boundary.utf8.count)
        else { return nil }
        self.init(boundary: boundary)
    }

    mutating func take(_ bytes: [UInt8], into fields: inout FormFields) throws(FormFault) {
        pending += bytes
        var place = 0
        while try step(&place, &fields) {}
        pending.removeFirst(place)
    }

    mutating func finish(into fields: inout FormFields) throws(FormFault) {
        guard state == .over else { throw FormFault("its last boundary is missing: it was cut off") }
    }

    /// False where more must come first.
    private mutating func step(_ place: inout Int, _ fields: inout FormFields) throws(FormFault) -> Bool {
        switch state {
        case .content:
            let found = find(delimiter, from: place)
            // What may be the beginning of a delimiter waits.
            let end = found ?? max(place, pending.count - delimiter.count + 1)
            if let name { fields.append(name, pending[place..<end]) }
            place = end
            guard found != nil else { return false }
            place += delimiter.count
            state = .delimiter
        case .delimiter:
            guard pending.count >= place + 2 else { return false }
            if pending[place] == 0x2D, pending[place + 1] == 0x2D {
                state = .over
                return true
            }
            guard let end = find([0x0D, 0x0A], from: place) else {
                guard pending.count - place < 200 else { throw FormFault("a boundary is followed by something") }
                return false
            }
            guard pending[place..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else {
                throw FormFault("a boundary is followed by something")
            }
            parts += 1
            guard parts <= Self.mostParts else { throw FormFault("it has more than \(Self.mostParts) fields") }
            // The line end stays: with it an empty header ends as any other.
            place = end
            state = .header
        case .header:
            guard let end = find([0x0D, 0x0A, 0x0D, 0x0A], from: place) else {
                guard pending.count - place < Self.longestHeader else {
                    throw FormFault("the head of a field is longer than \(Self.longestHeader) bytes")
                }
                return false
            }
            name = Self.name(String(decoding: pending[place..<end], as: UTF8.self))
            if let name { fields.append(name, []) }
            place = end + 4
            state = .content
        case .over:
            place = pending.count
            return false
        }
        return true
    }

    /// The name of a field, from the header lines above it; nil for one that is a file, or has none.
    private static func name(_ header: String) -> String? {
        for line in header.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"),
                line[..<colon].lowercased() == "content-disposition"
            else { continue }
            let words = parameters(String(line[line.index(after: colon)...]))
            guard words.first?.name == "form-data" else { return nil }
            return words.dropFirst().first { $0.name == "name" }?.value
        }
        return nil
    }

    /// `form-data; name="a b"`: the first word and the parameters, names in lower case.
    static func parameters(_ text: String) -> [(name: String, value: String)] {
        var words: [(name: String, value: String)] = []
        var name = ""
        var value: String?
        var isQuoted = false
        var isEscaped = false
        func trimmed(_ text: String) -> String {
            String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
        for character in text + ";" {
            if isEscaped {
                value?.append(character)
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if value != nil, character == "\"" {
                isQuoted.toggle()
            } else if character == ";", !isQuoted {
                words.append((trimmed(name).lowercased(), trimmed(value ?? "")))
                (name, value) = ("", nil)
            } else if value == nil, character == "=" {
                value = ""
            } else if value != nil {
                value?.append(character)
            } else {
                name.append(character)
            }
        }
        return words
    }

    private func find(_ needle: [UInt8], from place: Int) -> Int? {
        var start = place
        while start + needle.count <= pending.count {
            guard let first = pending[start...].firstIndex(of: needle[0]) else { return nil }
            guard first + needle.count <= pending.count else { return nil }
            if pending[first..<(first + needle.count)].elementsEqual(needle) { return first }
            start = first + 1
        }
        return nil
    }
}
