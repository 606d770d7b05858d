import ArgumentParser
internal import Contact
internal import Storage

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the settings that hold, and where each comes from; secrets are left out.",
        discussion: "Example: contatto config --config contatto.yaml")

    @OptionGroup var hub: HubOptions
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        try await ending {
            let settings = try hub.settings()
            var table = Table("SETTING", "VALUE", "FROM")
            var members: [(String, [UInt8])] = []
            for key in ProcessSettings.Key.allCases {
                let found = settings.values[key]
                let value = try found.map {
                    key == .database ? try DatabaseChoice($0.value).redacted : $0.value
                }
                let origin =
                    found.map { $0.origin == .file ? settings.file ?? "file" : $0.origin.rawValue } ?? "not set"
                table.add(key.rawValue, value ?? "–", origin)
                members.append(
                    (
                        key.rawValue,
                        JSONWriter.object([
                            ("value", value.map(JSONWriter.string) ?? Array("null".utf8)),
                            ("from", JSONWriter.string(origin)),
                        ])
                    ))
            }
            if json { StandardOutput.write(JSONWriter.object(members)) } else { table.print() }
        }
    }
}
