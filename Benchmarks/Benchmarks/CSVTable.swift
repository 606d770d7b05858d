/// Rows of comma-separated values with a header (RFC 4180); spaces around values are left out.
struct CSVTable {
    let header: [String]
    let rows: [[String]]

    init(_ bytes: [UInt8]) {
        var all: [[String]] = []
        var row: [String] = []
        var value: [UInt8] = []
        var isQuoted = false
        var place = 0
        func text() -> String {
            let text = String(decoding: value, as: UTF8.self)
            guard let start = text.firstIndex(where: { !$0.isWhitespace }),
                let end = text.lastIndex(where: { !$0.isWhitespace })
            else { return "" }
            return String(text[start...end])
        }
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && place < bytes.count && bytes[place] == UInt8(ascii: "\""):
                value.append(byte)
                place += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                row.append(text())
                value = []
            case UInt8(ascii: "\n") where !isQuoted:
                row.append(text())
                value = []
                all.append(row)
                row = []
            case UInt8(ascii: "\r") where !isQuoted: break
            default: value.append(byte)
            }
        }
        if !row.isEmpty || !value.isEmpty { all.append(row + [text()]) }
        header = all.first ?? []
        let width = header.count
        rows = all.dropFirst().filter { $0.count > 1 || $0 != [""] }.map { row in
            row.count >= width ? Array(row.prefix(width)) : row + [String](repeating: "", count: width - row.count)
        }
    }
}
