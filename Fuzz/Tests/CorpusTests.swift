import Foundation
import Testing

/// Every input that a fuzzer found worth keeping, and those written by hand, run through what was fuzzed.
@Suite struct CorpusTests {
    private static let folder = Bundle.module.bundleURL.appending(path: "corpus")

    @Test(arguments: FuzzTarget.allCases) func `Every file of a target's corpus keeps the promises`(
        target: FuzzTarget
    ) throws {
        let folder = Self.folder.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files.count >= 8, "the corpus of \(target) is not there")
        for file in files {
            let bytes = Array(try Data(contentsOf: folder.appending(path: file)))
            #expect(throws: Never.self, "corpus/\(target)/\(file)") { try target.check(bytes) }
        }
    }

    @Test func `There is a corpus for each target and for nothing else`() throws {
        let corpora = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(corpora) == Set(FuzzTarget.allCases.map(\.rawValue)))
    }
}
