import TestSupport
import Testing
import UnstickSQL

@Suite("Files of presets")
struct PresetFileTests {
    @Test("the presets are the files of their folder, and a foreign queue has the SQL for its jobs")
    func files() {
        let files = Documents.files(under: "Sources/UnstickSQL/Attach/Presets", withExtension: "yaml").keys
        let names = files.compactMap { $0.split(separator: "/").last }.sorted()
        #expect(names == Preset.all.map { "\($0.name).yaml" })
        for preset in Preset.all where preset.isForeign {
            #expect(!preset.fail.isEmpty && preset.retry.isEmpty == (preset.noRetry != nil), "\(preset.name)")
        }
    }
}
