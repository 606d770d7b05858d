/// The words before a surname that are no name of their own.
enum Particles {
    static func isOne(_ word: [UInt8]) -> Bool { words.contains(word) }

    /// Words that begin a surname of two words or more (`de luca`, `lo presti`, `von der heide`), so that the next word
    /// belongs to it. `san` and `santa` are not left out where a surname is compared without its particles.
    static func joinsNext(_ word: [UInt8]) -> Bool { isOne(word) || saints.contains(word) }

    private static let words: Set<[UInt8]> = Set(
        """
        d de di da do del dei degli della delle dello dell dal dalla dalle dallo dall dalli la le li lo
        van von der den ter ten zu zum zur vom du des el al bin ibn ben abd abu mac mc o st y e
        """.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) })
    private static let saints: Set<[UInt8]> = Set(["san", "santa", "santo", "sant"].map { Array($0.utf8) })
}
