/// SQL as a script.
package enum SQLScript {
    /// The statements of a script; each ends with a semicolon at the end of a line, outside a body in `$$`.
    package static func statements(_ script: String) -> [String] {
        var statements: [String] = []
        var lines: [Substring] = []
        var isQuoted = false
        for line in script.split(separator: "\n") {
            lines.append(line)
            if line.split(separator: "$$", omittingEmptySubsequences: false).count % 2 == 0 { isQuoted.toggle() }
            guard line.hasSuffix(";"), !isQuoted else { continue }
            statements.append(lines.joined(separator: "\n"))
            lines = []
        }
        let rest = lines.joined(separator: "\n")
        return rest.isEmpty ? statements : statements + [rest]
    }
}
