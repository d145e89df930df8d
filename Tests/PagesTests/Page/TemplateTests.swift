import Testing

@testable import UnstickPages

@Suite("Page templates")
struct TemplateTests {
    private static let reader = TemplateReader()

    @Test("each name in a template is a property of its content")
    func names() {
        #expect(Self.reader.pages.count > 20)
        #expect(Self.reader.unknown == [])
    }

    @Test("a template shows each property of its structs")
    func properties() {
        #expect(Self.reader.named.count > 40)
        #expect(Self.reader.unnamed == [])
    }

    @Test("each template is on a page")
    func templates() {
        #expect(Self.reader.unused == [])
        #expect(Self.reader.shown == Set(Templates.sources.keys))
    }
}
