import TestSupport

/// Resolves the names in the templates in their structs.
struct TemplateReader {
    private let sources = PageSources()
    /// The text of each template, by its name.
    private let templates: [String: String]
    /// The struct of the current page.
    private var content = ""

    /// The templates that a page uses.
    private(set) var shown: Set<String> = ["layout"]
    /// The properties that a template uses, by their struct.
    private(set) var named: [String: Set<String>] = [:]
    /// The names that no struct has, with their template.
    private(set) var unknown: [String] = []

    init() {
        let files = Documents.files(under: "Sources/UnstickPages/Templates", withExtension: "mustache")
        let named = files.map { path, text in
            (String(path.split(separator: "/").last?.dropLast(".mustache".count) ?? ""), text)
        }
        self.templates = Dictionary(uniqueKeysWithValues: named)
        for (page, content) in self.sources.contents.sorted(by: { $0.key < $1.key }) {
            self.content = content
            self.shown.insert(page)
            self.read(self.inLayout(page), in: ["PageFrame"], of: page)
        }
    }

    var pages: Set<String> { Set(self.sources.contents.keys) }

    /// The templates that no page uses.
    var unused: Set<String> { Set(self.templates.keys).subtracting(self.shown) }

    /// The properties that no template uses, of structs of which it uses others.
    var unnamed: [String] {
        self.named.flatMap { owner, properties in
            (self.sources.structs[owner] ?? [:]).keys.filter { !properties.contains($0) }.map { "\(owner).\($0)" }
        }
    }

    /// The layout with the blocks of a page in place of its own.
    private func inLayout(_ page: String) -> String {
        let block = /\{\{\$(\w+)\}\}((?s).*?)\{\{\/\1\}\}/
        let blocks = (self.templates[page] ?? "").matches(of: block).map { ($0.output.1, $0.output.2) }
        return (self.templates["layout"] ?? "").replacing(block) { match in
            blocks.first { $0.0 == match.output.1 }?.1 ?? match.output.2
        }
    }

    private mutating func read(_ text: String, in frames: [String], of template: String) {
        var frames = frames
        var sections: [(name: Substring, hasFrame: Bool)] = []
        for tag in text.matches(of: /\{\{\{?([#^\/>]?) ?([^{}]+)\}?\}\}/) {
            let name = tag.output.2
            switch tag.output.1 {
            case ">":
                self.shown.insert(String(name))
                self.read(self.templates[String(name)] ?? "", in: frames, of: String(name))
            case "/":
                guard let section = sections.popLast(), section.name == name else { break }
                if section.hasFrame { frames.removeLast() }
            case "#", "^":
                // `empty(rows)` is a flag, which is no frame.
                let list = name.wholeMatch(of: /\w+\((.*)\)/)
                let type = self.type(of: list?.output.1 ?? name, in: frames, of: template)
                let hasFrame = tag.output.1 == "#" && list == nil && type != "Bool"
                sections.append((name, hasFrame))
                if hasFrame { frames.append(type) }
            default:
                _ = self.type(of: name, in: frames, of: template)
            }
        }
        if !sections.isEmpty { self.unknown.append("\(template): \(sections.map(\.name)) do not end") }
    }

    /// The type of a name: in the innermost frame that has it; after a dot, only in the innermost one.
    private mutating func type(of name: Substring, in frames: [String], of template: String) -> String {
        guard name != ".", let innermost = frames.last else { return frames.last ?? "" }
        let steps = name.split(separator: ".").map(String.init)
        for frame in name.first == "." ? [innermost] : frames.reversed() {
            guard let type = self.property(steps[0], of: frame) else { continue }
            guard let last = steps.dropFirst().first else { return type }
            if let inner = self.property(last, of: type) { return inner }
        }
        self.unknown.append("\(template): \(name) in \(frames.joined(separator: " > "))")
        return ""
    }

    private mutating func property(_ name: String, of owner: String) -> String? {
        guard let type = self.sources.type(of: name, in: owner) else { return nil }
        self.named[owner, default: []].insert(name)
        return type == "Content" ? self.content : type
    }
}
