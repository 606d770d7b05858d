/// Which statement an error or a result belongs to; its name is only worked out when somebody asks.
enum StatementLabel: Sendable {
    case fixed(StaticString)
    case text(String)

    var name: String {
        switch self {
        case .fixed(let sql): statementName(sql.description)
        case .text(let sql): statementName(sql)
        }
    }
}
