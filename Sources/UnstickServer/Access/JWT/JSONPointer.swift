import Unstick

/// A place in JSON, such as `/app_metadata/role` or `/https:~1~1example.com~1roles/0`.
///
/// In a name, `~1` means a slash and `~0` a tilde, by [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901).
public struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// The source text.
    public let text: String
    /// The names and indices, from the outermost.
    let steps: [String]

    /// Reads a pointer.
    ///
    /// - Parameter text: empty for the whole document, or a slash and a name or index for each level.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` when it does not begin with a slash, or when a tilde is
    ///   followed by anything but 0 or 1.
    public init(_ text: String) throws {
        guard text.isEmpty || text.hasPrefix("/") else {
            throw UnstickError(.invalidArgument, "The JSON pointer '\(text)' must begin with a slash, as in /role.")
        }
        self.text = text
        self.steps = try text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { step in
            let afterTildes = step.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
            guard afterTildes.allSatisfy({ $0.hasPrefix("0") || $0.hasPrefix("1") }) else {
                throw UnstickError(
                    .invalidArgument,
                    "In the JSON pointer '\(text)' a tilde stands alone: write ~0 for a tilde and ~1 for a slash."
                )
            }
            return String(step.replacing("~1", with: "/").replacing("~0", with: "~"))
        }
    }

    /// The text.
    public var description: String { self.text }

    /// The value at the place; `nil` where there is none.
    func value(in json: JSONValue) -> JSONValue? {
        var value = json
        for step in self.steps {
            switch value {
            case .object(let members):
                guard let member = members[step.exact] else { return nil }
                value = member
            case .list(let elements):
                guard let index = Self.index(step), elements.indices.contains(index) else { return nil }
                value = elements[index]
            default:
                return nil
            }
        }
        return value
    }

    /// Reads an index, which has no sign and no leading zero.
    private static func index(_ step: String) -> Int? {
        Int(step).flatMap { String($0) == step && $0 >= 0 ? $0 : nil }
    }
}
