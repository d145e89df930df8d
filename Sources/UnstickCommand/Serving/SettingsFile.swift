import Foundation
import Unstick
import Yams

/// The settings in a YAML file: the names as nested keys, or joined by dots.
struct SettingsFile {
    let path: String

    /// Settings are a page; a larger file is a mistake.
    private static let mostBytes = 1_000_000

    /// The values as they are written, by the name of the setting.
    ///
    /// - Throws: `invalidInput` with all errors, a line each: file, line and reason.
    func read() throws -> [Settings.Name: String] {
        guard let data = FileManager.default.contents(atPath: self.path), data.count <= Self.mostBytes else {
            throw UnstickError(.invalidInput, "The settings file '\(self.path)' cannot be read.")
        }
        return try Self.parse(String(decoding: data, as: UTF8.self), name: self.path)
    }

    static func parse(_ text: String, name: String) throws -> [Settings.Name: String] {
        guard let root = try YAMLText.root(of: text, name: name), root.null == nil else { return [:] }
        var reader = Reader()
        reader.read(root, at: "")
        guard reader.problems.isEmpty else {
            throw UnstickError(
                .invalidInput,
                reader.problems.map { "\(name):\($0.line): \($0.text)" }.joined(separator: "\n")
            )
        }
        return reader.values
    }

    private struct Reader {
        var values: [Settings.Name: String] = [:]
        var problems: [(line: Int, text: String)] = []

        mutating func read(_ node: Node, at path: String) {
            guard let mapping = node.mapping else {
                return self.problem(node, "\(path.isEmpty ? "the file" : path) must be a mapping.")
            }
            for (key, value) in mapping {
                let path = (path.isEmpty ? "" : path + ".") + (key.string ?? "")
                if let name = Settings.Name(rawValue: path), value.mapping == nil {
                    self.set(name, to: value)
                } else if Settings.Name.allCases.contains(where: { $0.rawValue.hasPrefix(path + ".") }) {
                    if value.null == nil { self.read(value, at: path) }
                } else {
                    self.problem(key, Self.unknown(path))
                }
            }
        }

        private mutating func set(_ name: Settings.Name, to node: Node) {
            guard let text = node.scalar?.string else {
                return self.problem(node, "\(name.rawValue) must be one value; write several with commas between them.")
            }
            // As an empty environment variable: not set.
            guard node.null == nil, !text.isEmpty else { return }
            if self.values.updateValue(text, forKey: name) != nil {
                self.problem(node, "\(name.rawValue) is set twice.")
            }
        }

        private mutating func problem(_ node: Node, _ text: String) {
            self.problems.append((node.mark?.line ?? 1, text))
        }

        private static func unknown(_ path: String) -> String {
            let known = Settings.Name.allCases
            let meant = known.first { $0.variable == path }?.rawValue ?? path.nearest(of: known.map(\.rawValue))
            return "unknown setting '\(YAMLText.shown(key: path))'; 'unstick serve --print-config' lists all."
                + (meant.map { " Did you mean '\($0)'?" } ?? "")
        }
    }
}
