import Foundation

/// The repository's documents, for comparison with the code.
package enum Documents {
    /// The Markdown files that users read, by their path from the root.
    package static let all: [String: String] = {
        let docs = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)) ?? []
        let names =
            ["README.md", "CONTRIBUTING.md", "SECURITY.md"] + docs.filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, text($0)) })
    }()

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// A file of the repository; empty when it does not exist.
    package static func text(_ path: String) -> String {
        (try? String(contentsOf: self.root.appending(path: path), encoding: .utf8)) ?? ""
    }

    /// The files below a folder with one extension, by their path from the root.
    package static func files(under folder: String, withExtension ending: String) -> [String: String] {
        let paths = FileManager.default.enumerator(atPath: self.root.appending(path: folder).path) ?? .init()
        let names = paths.compactMap { $0 as? String }.filter { $0.hasSuffix("." + ending) }
        return Dictionary(uniqueKeysWithValues: names.map { ("\(folder)/\($0)", self.text("\(folder)/\($0)")) })
    }

    /// The modules that the sources of a folder import, without those of the toolchain and the system.
    package static func imports(of folder: String) -> Set<String> {
        var modules: Set<String> = []
        for text in self.files(under: folder, withExtension: "swift").values {
            for line in text.split(separator: "\n") {
                if let name = line.wholeMatch(of: /(?:@?[a-z_]+ +)*import +(?:struct +|class +)?(\w+)(?:\..*)?/)?.output
                    .1
                {
                    modules.insert(String(name))
                }
            }
        }
        return modules.subtracting(["Foundation", "Synchronization", "Glibc", "Darwin", "Musl"])
    }

    /// The rows of the tables in a document, each with the text of its cells.
    package static func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").filter { $0.hasPrefix("|") && !$0.contains("---") && !$0.contains("--:") }.map {
            $0.dropFirst().split(separator: "|", omittingEmptySubsequences: false).dropLast().map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    /// The texts between backticks in a line.
    package static func code(in text: String) -> [String] {
        text.matches(of: /`([^`\n]+)`/).map { String($0.output.1) }
    }

    /// The lines of the code blocks of some languages; the empty one is a block without a language.
    package static func blockLines(of text: String, languages: Set<String>) -> [String] {
        var language: String?
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                language = language == nil ? String(line.dropFirst(3)) : nil
            } else if let language, languages.contains(language) {
                lines.append(String(line))
            }
        }
        return lines
    }
}
