/// The scripts whose letters look alike, so that one stands in for another's (Unicode 15, Scripts.txt; letters only).
///
/// Other scripts are mixed with Latin by people every day (Japanese names, Arabic ones) and are none of these.
enum Script: Hashable {
    case latin, greek, cyrillic, armenian, cherokee, coptic, lisu
    /// Letters drawn as mathematical signs: nobody's keyboard has them.
    case styled

    private static let ranges: [(ClosedRange<UInt32>, Script)] = [
        (0x41...0x5A, .latin), (0x61...0x7A, .latin), (0xAA...0xAA, .latin), (0xBA...0xBA, .latin),
        (0xC0...0xD6, .latin), (0xD8...0xF6, .latin), (0xF8...0x2B8, .latin), (0x370...0x373, .greek),
        (0x376...0x377, .greek), (0x37A...0x37D, .greek), (0x37F...0x37F, .greek), (0x386...0x386, .greek),
        (0x388...0x3E1, .greek), (0x3E2...0x3EF, .coptic), (0x3F0...0x3FF, .greek), (0x400...0x482, .cyrillic),
        (0x48A...0x52F, .cyrillic), (0x531...0x556, .armenian), (0x561...0x587, .armenian),
        (0x13A0...0x13FD, .cherokee), (0x1C80...0x1C88, .cyrillic), (0x1D00...0x1D25, .latin),
        (0x1D2B...0x1D2B, .cyrillic), (0x1E00...0x1EFF, .latin), (0x1F00...0x1FFC, .greek), (0x2C60...0x2C7F, .latin),
        (0x2C80...0x2CF3, .coptic), (0x2DE0...0x2DFF, .cyrillic), (0xA4D0...0xA4FD, .lisu),
        (0xA640...0xA69F, .cyrillic), (0xA722...0xA787, .latin), (0xA78B...0xA7FF, .latin), (0xAB30...0xAB5A, .latin),
        (0xAB70...0xABBF, .cherokee), (0xFB00...0xFB06, .latin), (0x1D400...0x1D7CB, .styled),
    ]

    /// Nil for a letter of another script, and for what is no letter.
    static func of(_ scalar: Unicode.Scalar) -> Script? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].0.upperBound < scalar.value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].0.contains(scalar.value) ? ranges[low].1 : nil
    }

    /// Whether a word mixes letters that look alike: `p`, Cyrillic `а`, `ypal`.
    static func isMixed(in text: String) -> Bool {
        var inWord: Script?
        for scalar in text.unicodeScalars {
            if let script = of(scalar) {
                if script == .styled { return true }
                if let known = inWord, known != script { return true }
                inWord = script
            } else if !scalar.properties.isAlphabetic && !scalar.properties.isJoinControl
                && scalar.properties.generalCategory != .nonspacingMark
            {
                inWord = nil
            }
        }
        return false
    }
}
