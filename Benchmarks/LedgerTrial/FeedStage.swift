internal import Contact
internal import ContactTesting
internal import Foundation
internal import GroundTruth
internal import Kafka
internal import KafkaTesting
internal import Postgres

/// The hub whose feed is tried, those who post to it, and those who are told.
struct FeedStage: Sendable {
    private static let partitions: Int32 = 12
    private static let topic = "changes"
    private static let clients = 4
    static let database = "feed"

    let port: Int
    let key: String
    let folder: URL
    let served: Served
    let poster: Poster
    let decider: Decider
    let deliverers: Deliverers
    let receivers: [Receiver]
    let readers: [StreamReader]
    let kafka: MockKafka
    private let house: House
    private let options: [String]
    private let environment: [String: String]

    /// Makes it all; nothing runs yet.
    init(_ house: House, _ feed: FeedOptions, _ random: inout SplitMix64) async throws {
        self.house = house
        folder = FileManager.default.temporaryDirectory.appending(path: "feed-trial-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try await house.makeDatabase(Self.database)
        let database = house.server.uri(database: Self.database)
        let secret = folder.path + "/secret.key"
        try Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }).write(
            to: URL(fileURLWithPath: secret))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: secret)
        environment = ["CONTATTO_SECRET_KEY_FILE": secret, "CONTATTO_WEBHOOKS_ALLOW": "127.0.0.1/32"]
        options = ["--workspace", "trial", "--database", database]
        try house.makeSources(options)
        let key = try house.makeKey(options)
        let port = try Served.freePort()
        self.key = key
        self.port = port

        let (lines, _) = try Expected.generated(feed.interactions, seed: feed.seed)
        let parcels = Parcel.cut(lines.count, over: .seconds(feed.seconds), using: &random)
        let poster = Poster(port: port, key: key, lines: lines, parcels: parcels)
        self.poster = poster
        served = Served(
            house.contatto, port: port, database: ["--no-deliver", "--database", database], environment: environment,
            errors: house.errors, plans: 0
        ) { (poster.unacknowledged, poster.answered) }
        deliverers = Deliverers(house.contatto, database: database, environment: environment, errors: house.errors)
        decider = Decider(port: port, key: key)
        receivers = try Receiver.Manner.allCases.map { try Receiver($0) }
        readers = (1...3).map { StreamReader("stream \($0)", port: port, key: key) }
        kafka = try MockKafka()
        try kafka.create(Self.topic, partitions: Self.partitions)
    }

    /// Subscribes everybody to everything from the beginning.
    func subscribe() throws {
        let pauses = (["200ms", "400ms", "800ms"] + Array(repeating: "1s", count: 40)).joined(separator: ",")
        for receiver in receivers {
            let timeout = receiver.manner == .late ? "0.3" : "2"
            let settings = ["url=\(receiver.url)", "retry=\(pauses)", "timeout=\(timeout)", "concurrency=16"]
            receiver.trust(try add("webhook", receiver.manner.rawValue, settings))
        }
        _ = try add("kafka", "topic", ["servers=\(kafka.bootstrapServers)", "topic=\(Self.topic)"])
    }

    private func add(_ kind: String, _ name: String, _ settings: [String]) throws -> String {
        try run(
            ["subscription", "add", kind, "--name", name, "--after", "oldest"] + settings.flatMap { ["--set", $0] })
    }

    private func run(_ arguments: [String]) throws -> String {
        try Child.run(house.contatto, arguments + options, environment: environment, errors: house.errors)
    }

    /// How far each subscription is.
    func progress() throws -> [(name: String, behind: Int, waiting: Int, dead: Int, state: String)] {
        try run(["subscription", "list", "--json"]).split(separator: "\n").map { line in
            guard let one = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let name = one["name"] as? String, let state = one["state"] as? String,
                let progress = one["progress"] as? [String: Any], let behind = progress["behind"] as? Int,
                let waiting = progress["waiting"] as? Int, let dead = progress["dead"] as? Int
            else { throw TrialFailure("not a subscription: \(line)") }
            return (name, behind, waiting, dead, "\(state) \(progress["failure"] as? String ?? "")")
        }
    }

    func post(_ pace: Pace) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.clients {
                // It throws nothing: what goes wrong is in its outcome.
                group.addTask { try? await onThread { poster.post(pace) { false } } }
            }
        }
    }

    /// Everything that lies in the topic.
    func topicHearing() async throws -> Hearing {
        var hearing = Hearing(name: "topic", way: .topic)
        let settings = KafkaSettings(bootstrapServers: kafka.bootstrapServers, topic: Self.topic)
        for record in try await TopicReader(settings).records() {
            var told = try Told(record.value ?? [])
            told.partition = record.partition
            hearing.told.append(told)
            let key = String(decoding: record.key, as: UTF8.self)
            if key != told.key?.description ?? "" { hearing.faults.append("\(told.id) lies under the key \(key)") }
        }
        return hearing
    }
}
