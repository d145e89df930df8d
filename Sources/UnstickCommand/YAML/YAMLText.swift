import Unstick
import Yams

/// The text of a YAML file, read so that a mistake is reported and never becomes another value.
enum YAMLText {
    /// The root of the only document of a text; `nil` where it contains only comments.
    ///
    /// - Parameter name: the name of the file in errors.
    /// - Throws: `invalidInput` with the place of the error.
    static func root(of text: String, name: String) throws -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch {
            throw UnstickError(
                .invalidInput,
                name + ((error as? YamlError)?.withoutText ?? ": this is not valid YAML.")
            )
        }
    }

    /// A key for an error message; a text that may be a secret is hidden.
    static func shown(key: String) -> String {
        key.wholeMatch(of: /[A-Za-z][A-Za-z._]{0,49}/) == nil ? "…" : key
    }
}

extension YamlError {
    /// The place and the error, without the line itself, which may contain a secret.
    var withoutText: String {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ":\(mark.line):\(mark.column): this is not valid YAML: \(problem)."
        case .duplicatedKeysInMapping(let keys, let context):
            ":\(context.mark.line): the key '\(YAMLText.shown(key: keys.first ?? ""))' stands twice in the same "
                + "mapping. Keep one."
        default: ": this is not valid YAML."
        }
    }
}

extension String {
    /// The known word that was probably meant, if one is near.
    func nearest(of known: some Sequence<String>) -> String? {
        known.map { ($0, self.distance(to: $0)) }.min { $0.1 < $1.1 }.flatMap { $0.1 <= 3 ? $0.0 : nil }
    }

    /// How many letters must be inserted, removed or changed to get the other text (Levenshtein 1966).
    private func distance(to other: String) -> Int {
        let theirs = Array(other)
        var row = Array(0...theirs.count)
        for (index, letter) in self.prefix(50).enumerated() {
            var previous = row[0]
            row[0] = index + 1
            for (column, their) in theirs.enumerated() {
                let cost = Swift.min(row[column] + 1, row[column + 1] + 1, previous + (letter == their ? 0 : 1))
                previous = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[theirs.count]
    }
}
