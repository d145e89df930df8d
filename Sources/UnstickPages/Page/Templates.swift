import Mustache

/// The templates of the page, compiled in.
struct Templates: Sendable {
    private let library: MustacheLibrary

    /// They are read once for the process.
    private static let read = Result {
        var library = MustacheLibrary()
        for (name, bytes) in Self.sources {
            try library.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        return library
    }

    /// - Throws: where a template cannot be read.
    init() throws {
        self.library = try Self.read.get()
    }

    func render(_ name: String, _ content: [String: Any]) -> String {
        self.library.render(content, withTemplate: name) ?? ""
    }
}
