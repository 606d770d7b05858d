import ArgumentParser

@main
struct Contatto: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contatto", abstract: "A multichannel contact hub.")
}
