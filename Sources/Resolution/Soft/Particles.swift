/// The words before a surname that are no name of their own.
enum Particles {
    /// What a word may be, by its hash.
    enum Role: Sendable { case none, particle, saint }

    /// Particles and saints begin a surname of two words or more (`de luca`, `lo presti`, `von der heide`), so that the
    /// next word belongs to it. `san` and `santa` are not left out where a surname is compared without its particles.
    static func role(of word: UInt64) -> Role { roles[word] }

    private static let roles = WordTable<Role>(
        """
        d de di da do del dei degli della delle dello dell dal dalla dalle dallo dall dalli la le li lo
        van von der den ter ten zu zum zur vom du des el al bin ibn ben abd abu mac mc o st y e
        """.split(whereSeparator: \.isWhitespace).map { (SpellingHash.of($0.utf8), .particle) }
            + ["san", "santa", "santo", "sant"].map { (SpellingHash.of($0.utf8), .saint) }, absent: .none)
}
