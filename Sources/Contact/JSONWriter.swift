/// Writes small JSON texts.
package enum JSONWriter {
    package static func object(_ members: [(String, [UInt8])]) -> [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "{")]
        for (place, (name, value)) in members.enumerated() {
            if place > 0 { output.append(UInt8(ascii: ",")) }
            JSONTape.append(quoted: name, to: &output)
            output.append(UInt8(ascii: ":"))
            output.append(contentsOf: value)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    package static func array(_ values: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + values.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    package static func string(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        JSONTape.append(quoted: text, to: &output)
        return output
    }

    package static func number(_ number: Int64) -> [UInt8] { Array(String(number).utf8) }

    package static func bool(_ value: Bool) -> [UInt8] { Array((value ? "true" : "false").utf8) }

    package static var null: [UInt8] { Array("null".utf8) }
}
