/// A company's name without its legal form, punctuation and spaces.
struct CompanyReading: Sendable {
    let name: Spelling
    let hash: UInt64

    /// Nil where nothing but a form was written.
    init?(_ company: String) {
        guard !company.isEmpty else { return nil }
        let bytes = Array(company.utf8.prefix(SoftRecord.longest)).filter { $0 != UInt8(ascii: ".") }
        let isSign: (UInt8) -> Bool = { $0 < 0x80 && !(0x30...0x39).contains($0) && !(0x61...0x7A).contains($0) }
        var words = bytes.split(whereSeparator: isSign).map { Array($0) }
        // `s r l`, written apart: letters that stand alone are put together before forms are looked for.
        var joined: [[UInt8]] = []
        var wasLetter = false
        for word in words {
            if word.count == 1, wasLetter, !joined.isEmpty {
                joined[joined.count - 1] += word
            } else {
                joined.append(word)
            }
            wasLetter = word.count == 1
        }
        words = joined
        while let last = words.last, Self.forms.contains(last), words.count > 1 { words.removeLast() }
        while let first = words.first, Self.leading.contains(first), words.count > 1 { words.removeFirst() }
        let name = Spelling(words.joined())
        guard !name.isEmpty else { return nil }
        self.name = name
        hash = name.hash
    }

    private static let forms: Set<[UInt8]> = words(
        """
        srl srls spa sapa snc sas ss sc scarl scrl scpa soc coop onlus ets aps asd unipersonale uninominale
        societa cooperativa arl rl liquidazione in ltd limited llc llp inc corp plc gmbh mbh ag kg ohg ug ev sa sarl eurl
        sasu sl slu bv nv ab as oy aps pty co company
        """)
    private static let leading: Set<[UInt8]> = words("ditta impresa azienda soc societa spett spettle the")

    private static func words(_ text: String) -> Set<[UInt8]> {
        Set(text.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) })
    }
}
