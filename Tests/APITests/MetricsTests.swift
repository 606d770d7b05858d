import API
import Contact
import Logging
import NIOConcurrencyHelpers
import Storage
import Testing

@Suite struct MetricsTests {
    @Test func `metrics are Prometheus text, with patterns for routes and no ids`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            #expect(try await hub.post("[\(line("1")),{\"id\":\"2\"}]", key: key).status == 200)
            let id = HubID.random()
            #expect(try await hub.get("/v1/profiles/\(id)", key: reader).status == 404)
            #expect(try await hub.get("/nowhere/\(id)").status == 404)
            let reply = try await hub.get("/metrics")
            #expect(reply.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = reply.text.split(separator: "\n")
            for line in lines where !line.hasPrefix("#") {
                #expect(
                    line.wholeMatch(of: /[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+/) != nil, "\(line)"
                )
                let name = line.prefix { $0 != "{" && $0 != " " }
                let family = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(
                    lines.contains { $0.hasPrefix("# TYPE \(family) ") || $0.hasPrefix("# TYPE \(name) ") }, "\(line)")
            }
            for expected in [
                #"contatto_http_requests_total{route="/v1/interactions",method="POST",status="200"} 1"#,
                #"contatto_http_requests_total{route="/v1/profiles/{id}",method="GET",status="404"} 1"#,
                #"contatto_http_requests_total{route="none",method="GET",status="404"} 1"#,
                #"contatto_http_request_seconds_count{route="/v1/interactions"} 1"#,
                #"contatto_intake_items_total{outcome="accepted"} 1"#,
                #"contatto_intake_items_total{outcome="refused"} 1"#,
                #"contatto_intake_refused_total{reason="no_identifier"} 1"#,
                "contatto_intake_queue_items 0", "contatto_intake_transactions_total 1",
                "contatto_intake_deadlocks_total 0",
            ] {
                #expect(lines.contains { $0 == expected }, "\(expected) is missing in\n\(reply.text)")
            }
            for name in ["process_resident_memory_bytes", "process_start_time_seconds"] {
                let value = lines.first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) }
                #expect((value ?? 0) > 1_000_000)
            }
            #expect(!reply.text.contains("\(id)") && !reply.text.contains("example.it"))
        }
    }

    @Test(arguments: LogFormat.allCases) func `a log line is one line, whatever stands in it`(format: LogFormat) throws
    {
        let written = NIOLockedValueBox<[UInt8]>([])
        let logger = Logger(label: "test") { _ in
            LogLines(format, level: .info) { line in written.withLockedValue { $0 += line } }
        }
        logger.debug("not this")
        logger.warning("it \"failed\"\nhere", metadata: ["route": "/v1/profiles/{id}", "empty": "", "cause": "a=b c"])
        let line = written.withLockedValue { $0 }
        #expect(line.filter { $0 == 10 }.count == 1 && line.last == 10)
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        switch format {
        case .logfmt:
            let expected =
                #" level=warning message="it \"failed\"\nhere" cause="a=b c" empty="" route=/v1/profiles/{id}"#
            #expect(text.hasPrefix("time=2") && text.hasSuffix(expected), "\(text)")
        case .json:
            let object = try JSONValue(Array(text.utf8))
            #expect(object["message"]?.string == "it \"failed\"\nhere" && object["cause"]?.string == "a=b c")
            #expect(object["level"]?.string == "warning")
        }
    }
}
