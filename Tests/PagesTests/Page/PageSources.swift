import TestSupport

/// The stored properties of the structs of the admin UI, read from its sources, because there are no instances to
/// reflect.
struct PageSources {
    /// By the name of the struct, with its enclosing types, and by the name of the property: its type.
    private(set) var structs: [String: [String: String]] = [:]
    /// The struct of a template, by the name of the template.
    private(set) var contents: [String: String] = [:]

    /// The open braces at a line, by their indentation.
    private struct Scope {
        let indentation: Int
        let name: String
    }

    init() {
        for source in Documents.files(under: "Sources/UnstickPages", withExtension: "swift").values {
            var scopes: [Scope] = []
            for line in source.split(separator: "\n") { self.read(line, &scopes) }
        }
    }

    private mutating func read(_ line: Substring, _ scopes: inout [Scope]) {
        let indentation = line.prefix { $0 == " " }.count
        let text = line.dropFirst(indentation)
        if text.first == "}" { return scopes.removeAll { $0.indentation >= indentation } }
        let opening = /(?:\w+ )*?(struct|enum|extension|class|actor) ([\w.]+).*\{/
        if let match = text.wholeMatch(of: opening) {
            scopes = scopes.filter { $0.indentation < indentation }
            scopes.append(Scope(indentation: indentation, name: String(match.2)))
            if match.1 == "struct" { self.structs[Self.name(of: scopes), default: [:]] = [:] }
            return
        }
        guard scopes.last?.indentation == indentation - 4 else { return }
        self.readProperty(text, of: Self.name(of: scopes))
    }

    private mutating func readProperty(_ text: Substring, of owner: String) {
        if let match = text.wholeMatch(of: /static let template = "([\w\-]+)"/) {
            self.contents[String(match.1)] = owner
        } else if let match = text.wholeMatch(of: /(?:let|var) `?(\w+)`?(?:: ([^={]+?))?(?: = .*)?/) {
            // A property without a written type is a text or a flag.
            let isFlag = text.hasSuffix("= true") || text.hasSuffix("= false")
            self.structs[owner]?[String(match.1)] = match.2.map { String($0) } ?? (isFlag ? "Bool" : "String")
        }
    }

    private static func name(of scopes: [Scope]) -> String { scopes.map(\.name).joined(separator: ".") }

    /// The type of a property, without optional and list; `nil` where the struct has no such property.
    func type(of property: String, in owner: String) -> String? {
        guard let written = self.structs[owner]?[property] else { return nil }
        let type = written.filter { !"[]?".contains($0) }
        var scope = owner.split(separator: ".").map(String.init)
        while !scope.isEmpty {
            let nested = (scope + [type]).joined(separator: ".")
            if self.structs[nested] != nil { return nested }
            scope.removeLast()
        }
        return type
    }
}
