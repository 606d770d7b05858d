import Contact
import ContactTesting
import Postgres

/// A statement's plan as the hub's role gets it, and what is wrong with it (DESIGN.md section 7): under row-level
/// security only leakproof operators reach an index, so that an innocent `lower(x)` reads a whole workspace.
struct Plan {
    private let root: JSONValue
    /// Tables with a workspace, partitions included, with how many columns their primary key has; and the table of
    /// each index.
    struct Catalogue: Sendable {
        var keys: [String: Int] = [:]
        var tables: [String: String] = [:]
    }

    /// The plan for any parameters, by what indices and nested loops can do: tables are too small for the planner to
    /// prefer them.
    init(of sql: String, workspace: Int64, in session: borrowing Session) throws(DatabaseError) {
        try session.run(
            """
            SET LOCAL contatto.workspace = '\(workspace)'; SET LOCAL plan_cache_mode = force_generic_plan;
            SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
            SET LOCAL enable_bitmapscan = off; SET LOCAL enable_material = off; SET LOCAL enable_memoize = off;
            PREPARE planned AS \(sql)
            """)
        let count = try session.query(
            text: "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'planned'"
        ).int32(0, 0)
        let nulls = Array(repeating: "NULL", count: Int(count)).joined(separator: ", ")
        let json = try session.texts(
            "EXPLAIN (FORMAT JSON) EXECUTE planned\(count > 0 ? "(\(nulls))" : "")")[0]
        try session.run("DEALLOCATE planned")
        do throws(Refusal) {
            guard let plan = try JSONValue(Array(json.utf8)).elements?.first?["Plan"] else {
                throw Refusal(.malformedJSON, "there is no plan in it")
            }
            root = plan
        } catch {
            throw DatabaseError(.usage, "the plan cannot be read: \(error.detail)")
        }
    }

    static func catalogue(in session: borrowing Session) throws(DatabaseError) -> Catalogue {
        var catalogue = Catalogue()
        for table in try session.texts(
            """
            SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'workspace'
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
            """)
        {
            catalogue.keys[table] = 1
        }
        let rows = try session.query(
            text: """
                SELECT one.relname, index.relname, indisprimary, indnatts::int4 FROM pg_class AS one
                JOIN pg_index ON indrelid = one.oid JOIN pg_class AS index ON index.oid = indexrelid
                WHERE one.relnamespace = current_schema()::regnamespace
                """)
        for row in 0..<rows.count {
            let table = try rows.text(row, 0)
            guard catalogue.keys[table] != nil else { continue }
            catalogue.tables[try rows.text(row, 1)] = table
            if try rows.bool(row, 2) { catalogue.keys[table] = Int(try rows.int32(row, 3)) }
        }
        return catalogue
    }

    func violations(_ catalogue: Catalogue) -> [String] {
        var found: [String] = []
        visit(root) { node in
            let type = node["Node Type"]?.string ?? ""
            if let table = node["Relation Name"]?.string, catalogue.keys[table] != nil, type == "Seq Scan" {
                found.append("reads the whole table \(table)")
            }
            if let filter = node["Join Filter"]?.string { found.append("joins row by row: \(filter)") }
            guard let index = node["Index Name"]?.string, let table = catalogue.tables[index] else { return }
            let condition = node["Index Cond"]?.string ?? ""
            guard condition.contains("workspace = ") else {
                found.append("reads \(table) by \(index) without its workspace: \(condition)")
                return
            }
            // Nothing but the workspace is looked up, and what was asked for is then sought row by row.
            let isWholeWorkspace = !condition.contains(" AND ") && catalogue.keys[table, default: 0] > 1
            let filter = node["Filter"]?.string ?? ""
            if isWholeWorkspace, filter.replacing("workspace = $1", with: "").contains(/\$[1-9]|\.[a-z]/) {
                found.append("reads a whole workspace of \(table) to find \(filter)")
            }
        }
        return found
    }

    private func visit(_ node: JSONValue, _ body: (JSONValue) -> Void) {
        body(node)
        for child in node["Plans"]?.elements ?? [] { visit(child, body) }
    }
}
