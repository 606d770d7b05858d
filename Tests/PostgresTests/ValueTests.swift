import Postgres
import Testing

@Suite struct ValueTests {
    @Test func `every type goes to the server and comes back the same`() async throws {
        try await withDatabase { database, _ in
            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                let rows = try session.execute(
                    """
                    /* value.every */
                    SELECT $1::int8, $2::int4, $3::int2, $4::bool, $5::text, $6::bytea, $7::uuid, $8::timestamptz,
                           $9::date, $10::float8, $11::jsonb, $12::text
                    """,
                    [
                        .int8(.min), .int4(-7), .int2(300), .bool(true), .text("città 🏛 \u{1}"), .bytes([0, 255, 1]),
                        .uuid(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210), .timestamp(-1), .date(-1),
                        .double(-0.125), .jsonb(Array(#"{"a": 1}"#.utf8)), .null(.text),
                    ])
                #expect(rows.count == 1)
                #expect(rows.statement == "value.every")
                #expect(try rows.int64(0, 0) == .min)
                #expect(try rows.int32(0, 1) == -7)
                #expect(try rows.int64(0, 1) == -7)
                #expect(try rows.int16(0, 2) == 300)
                #expect(try rows.int32(0, 2) == 300)
                #expect(try rows.bool(0, 3))
                #expect(try rows.text(0, 4) == "città 🏛 \u{1}")
                #expect(try rows.bytes(0, 5) == [0, 255, 1])
                #expect(try rows.uuid(0, 6) == (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210))
                #expect(try rows.timestamp(0, 7) == -1)
                #expect(try rows.date(0, 8) == -1)
                #expect(try rows.double(0, 9) == -0.125)
                #expect(try rows.jsonb(0, 10) == Array(#"{"a": 1}"#.utf8))
                #expect(try rows.isNull(0, 11))
                #expect(try rows.optionalText(0, 11) == nil)
                #expect(try rows.optionalInt64(0, 0) == .min)
            }
        }
    }

    @Test func `the server reads times, dates, numbers and empty values as they were meant`() async throws {
        try await withDatabase { database, _ in
            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                let rows = try session.query(
                    text: """
                        SELECT $1::timestamptz::text, $2::date::text, $3::uuid::text, $4::text = '', $5::bytea = '',
                               $6::int8[] = '{}'
                        """,
                    [
                        .timestamp(1_764_000_000_123_456), .date(20_000), .uuid(high: 1, low: 2), .text(""), .bytes([]),
                        .array(ArrayBuilder(.int8)),
                    ])
                #expect(try rows.text(0, 0) == "2025-11-24 16:00:00.123456+00")
                #expect(try rows.text(0, 1) == "2024-10-04")
                #expect(try rows.text(0, 2) == "00000000-0000-0001-0000-000000000002")
                #expect(try rows.bool(0, 3))
                #expect(try rows.bool(0, 4))
                #expect(try rows.bool(0, 5))
            }
        }
    }

    @Test func `arrays of every type keep their order and their nulls`() async throws {
        var bools = ArrayBuilder(.bool, reserving: 0)
        bools.append(bool: true)
        bools.appendNull()
        var bytes = ArrayBuilder(.bytea)
        bytes.append(bytes: [1, 2])
        bytes.append(bytes: [] as [UInt8])
        var dates = ArrayBuilder(.date)
        dates.append(date: 0)
        dates.appendNull()
        var doubles = ArrayBuilder(.double)
        doubles.append(double: 1.5)
        doubles.appendNull()
        var shorts = ArrayBuilder(.int2)
        shorts.append(int2: -2)
        shorts.appendNull()
        var integers = ArrayBuilder(.int4)
        integers.append(int4: .max)
        integers.appendNull()
        var longs = ArrayBuilder(.int8)
        longs.append(int8: .min)
        longs.appendNull()
        var documents = ArrayBuilder(.jsonb)
        documents.append(jsonb: Array("[1]".utf8))
        documents.appendNull()
        var texts = ArrayBuilder(.text, reserving: 1)
        texts.append(text: "a,\"b")
        texts.appendNull()
        var times = ArrayBuilder(.timestamptz)
        times.append(timestamp: 0)
        times.appendNull()
        var uuids = ArrayBuilder(.uuid)
        uuids.append(uuidHigh: 1, low: 2)
        uuids.appendNull()
        #expect(uuids.count == 2)
        let parameters: [Parameter] = [
            .array(bools), .array(bytes), .array(dates), .array(doubles), .array(shorts), .array(integers),
            .array(longs),
            .array(documents), .array(texts), .array(times), .array(uuids),
        ]
        try await withDatabase { database, _ in
            let seen = try await database.transaction {
                (session: borrowing Session) throws(DatabaseError) -> [String] in
                let rows = try session.query(
                    text: """
                        SELECT $1::bool[]::text, $2::bytea[]::text, $3::date[]::text, $4::float8[]::text,
                               $5::int2[]::text, $6::int4[]::text, $7::int8[]::text, $8::jsonb[]::text, $9::text[]::text,
                               $10::timestamptz[]::text, $11::uuid[]::text
                        """, parameters)
                var seen: [String] = []
                for column in 0..<11 { seen.append(try rows.text(0, column)) }
                return seen
            }
            #expect(
                seen == [
                    "{t,NULL}", #"{"\\x0102","\\x"}"#, "{1970-01-01,NULL}", "{1.5,NULL}", "{-2,NULL}",
                    "{2147483647,NULL}", "{-9223372036854775808,NULL}", "{[1],NULL}", #"{"a,\"b",NULL}"#,
                    #"{"1970-01-01 00:00:00+00",NULL}"#,
                    "{00000000-0000-0001-0000-000000000002,NULL}",
                ])
        }
    }

    @Test func `a long array arrives whole`() async throws {
        var generator = Seeded(1)
        var builder = ArrayBuilder(.text, reserving: 1)
        var length = 0
        for _ in 0..<20_000 {
            let text = String(repeating: "é", count: Int.random(in: 0..<40, using: &generator))
            builder.append(text: text)
            length += text.count
        }
        let array = Parameter.array(builder)
        let expected = Int64(length)
        try await withDatabase { database, _ in
            let sum = try await database.transaction { (session: borrowing Session) throws(DatabaseError) -> Int64 in
                try session.execute("/* value.long */ SELECT sum(length(t))::int8 FROM unnest($1) t", [array]).int64(
                    0, 0)
            }
            #expect(sum == expected)
        }
    }

    @Test func `a NUL in a text is refused by name before anything is sent`() async throws {
        var array = ArrayBuilder(.text)
        array.append(text: "a\0b")
        let parameters: [Parameter] = [.text("\0"), .array(array)]
        try await withDatabase { database, _ in
            for parameter in parameters {
                let refused = await error {
                    try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                        _ = try session.execute("/* value.nul */ SELECT $1, $2", [.int8(1), parameter])
                    }
                }
                #expect(refused?.kind == .usage)
                #expect(refused?.state == .characterNotInRepertoire)
                #expect(refused?.message.contains("$2 holds a NUL") == true)
                #expect(refused?.statement == "value.nul")
            }
        }
    }

    @Test func `a null, another type and a missing column are refused by name`() async throws {
        try await withDatabase { database, _ in
            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                let rows = try session.execute(
                    "/* value.wrong */ SELECT NULL::int8 AS gap, 'x'::text AS word, 'infinity'::timestamptz")
                func message(_ read: () throws(DatabaseError) -> Void) -> String {
                    do throws(DatabaseError) {
                        try read()
                        return ""
                    } catch {
                        return error.description
                    }
                }
                #expect(
                    message { () throws(DatabaseError) in _ = try rows.int64(0, 0) }.contains(
                        "\"gap\" of row 0 is null"))
                #expect(
                    message { () throws(DatabaseError) in _ = try rows.int64(0, 1) }.contains(
                        "\"word\" of row 0 has type number 25"))
                #expect(message { () throws(DatabaseError) in _ = try rows.text(1, 0) }.contains("no row 1"))
                #expect(message { () throws(DatabaseError) in _ = try rows.text(0, 9) }.contains("column 9"))
                #expect(message { () throws(DatabaseError) in _ = try rows.timestamp(0, 2) }.contains("infinite"))
                #expect(message { () throws(DatabaseError) in _ = try rows.uuid(0, 1) }.contains("value.wrong"))
            }
        }
    }

    @Test func `a time out of range is refused by the server, not taken for infinity`() async throws {
        try await withDatabase { database, _ in
            for time in [Int64.max, .min] {
                let refused = await error {
                    try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                        _ = try session.execute("/* value.range */ SELECT $1", [.timestamp(time)])
                    }
                }
                #expect(refused?.state == .datetimeFieldOverflow)
            }
        }
    }
}
