import Contact
import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Postgres
import ServiceLifecycle

/// A key pair of an issuer.
enum TestKey: Sendable {
    case rsa(_RSA.Signing.PrivateKey)
    case ec(P256.Signing.PrivateKey)
    case ed(Curve25519.Signing.PrivateKey)

    static func rsa(bits: Int = 2_048) throws -> TestKey {
        // `unsafe` allows what is too weak: it has to be refused.
        .rsa(try _RSA.Signing.PrivateKey(unsafeKeySize: _RSA.Signing.KeySize(bitCount: bits)))
    }

    var algorithm: String {
        switch self {
        case .rsa: "RS256"
        case .ec: "ES256"
        case .ed: "EdDSA"
        }
    }

    /// The public half, as a set of keys lists it.
    func jwk(_ name: String) throws -> String {
        switch self {
        case .rsa(let key):
            let primitives = try key.publicKey.getKeyPrimitives()
            return
                #"{"kty":"RSA","use":"sig","kid":"\#(name)","n":"\#(base64URL(primitives.modulus))","e":"\#(base64URL(primitives.publicExponent))"}"#
        case .ec(let key):
            let raw = key.publicKey.rawRepresentation
            return
                #"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"\#(name)","x":"\#(base64URL(raw.prefix(32)))","y":"\#(base64URL(raw.suffix(32)))"}"#
        case .ed(let key):
            return
                #"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"\#(name)","x":"\#(base64URL(key.publicKey.rawRepresentation))"}"#
        }
    }

    func sign(_ bytes: Data) throws -> Data {
        switch self {
        case .rsa(let key): try key.signature(for: bytes, padding: .insecurePKCS1v1_5).rawRepresentation
        case .ec(let key): try key.signature(for: bytes).rawRepresentation
        case .ed(let key): try key.signature(for: bytes)
        }
    }

    /// A token of this key.
    func token(_ claims: String, named name: String, algorithm: String? = nil) throws -> String {
        let header = #"{"alg":"\#(algorithm ?? self.algorithm)","typ":"JWT","kid":"\#(name)"}"#
        let signed = "\(base64URL(Data(header.utf8))).\(base64URL(Data(claims.utf8)))"
        return "\(signed).\(base64URL(try sign(Data(signed.utf8))))"
    }
}

func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

/// An issuer of tokens, over real HTTP on this machine.
struct TestIssuer: Sendable {
    struct State: Sendable {
        var keys: [String: TestKey] = [:]
        var status = HTTPResponse.Status.ok
        var fields = HTTPFields()
        /// What is answered in the place of the keys.
        var body: String?
        /// What discovery says of itself; nil: the truth.
        var name: String?
        /// How often its keys were asked for.
        var asked = 0
    }

    let port: Int
    let state: Monitor<State>

    var url: String { "http://127.0.0.1:\(port)" }
    var asked: Int { state.withLock { $0.asked } }

    static func with(_ keys: [String: TestKey], _ body: (TestIssuer) async throws -> Void) async throws {
        let state = Monitor(State(keys: keys))
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "issuer") { _ in SwiftLogNoOpLogHandler() }
        let channel = HTTP1Channel(responder: { request, writer, channel in
            let port = channel.localAddress?.port ?? 0
            let answer = Self.answer(request.head.path ?? "", port, state)
            var head = HTTPResponse(status: answer.status, headerFields: answer.fields)
            head.headerFields[.contentLength] = "\(answer.body.utf8.count)"
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
        })
        let server = Server(
            childChannelSetup: channel, configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [Running { try await server.run() }], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            var port = 0
            for await found in ports {
                port = found
                break
            }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(TestIssuer(port: port, state: state)))
            } catch {
                outcome = .failure(error)
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    private struct Running: Service {
        let work: @Sendable () async throws -> Void
        func run() async throws { try await work() }
    }

    private static func answer(
        _ path: String, _ port: Int, _ state: Monitor<State>
    ) -> (status: HTTPResponse.Status, fields: HTTPFields, body: String) {
        state.withLock { state in
            let url = "http://127.0.0.1:\(port)"
            switch path {
            case "/.well-known/openid-configuration":
                return (state.status, [:], #"{"issuer":"\#(state.name ?? url)","jwks_uri":"\#(url)/keys"}"#)
            case "/keys":
                state.asked += 1
                // A key that cannot be written is missed by whoever asked for it, and the test fails there.
                let keys = state.keys.sorted { $0.key < $1.key }.compactMap { try? $0.value.jwk($0.key) }
                return (state.status, state.fields, state.body ?? #"{"keys":[\#(keys.joined(separator: ","))]}"#)
            default: return (.notFound, [:], "")
            }
        }
    }
}
