import Testing

@testable import UnstickCommand

@Suite("Difference of two texts")
struct LineDiffTests {
    private static func diff(_ old: [Int], _ new: [Int]) -> [String] {
        func text(_ numbers: [Int]) -> String { numbers.map { "line \($0)\n" }.joined() }
        return LineDiff(from: text(old), to: text(new)).lines.map {
            $0.mark == .heading ? $0.text : "\($0.mark.rawValue)\($0.text.dropFirst(5))"
        }
    }

    @Test("shows changed lines with three around them, and the numbers of the lines")
    func changes() {
        #expect(Self.diff(Array(1...9), Array(1...9)) == [])
        #expect(
            Self.diff(Array(1...20), Array(1...7) + [70, 71] + Array(9...20)) == [
                "@@ -5,7 +5,8 @@", " 5", " 6", " 7", "-8", "+70", "+71", " 9", " 10", " 11",
            ]
        )
        #expect(
            Self.diff(Array(1...20), [0] + Array(1...19)) == [
                "@@ -1,3 +1,4 @@", "+0", " 1", " 2", " 3", "@@ -17,4 +18,3 @@", " 17", " 18", " 19", "-20",
            ]
        )
    }

    @Test("joins changes whose surroundings touch")
    func near() {
        #expect(
            Self.diff(Array(1...8), [1] + Array(3...6) + [8]) == [
                "@@ -1,8 +1,6 @@", " 1", "-2", " 3", " 4", " 5", " 6", "-7", " 8",
            ]
        )
    }

    @Test("of a new file has every line, of an emptied one too")
    func whole() {
        #expect(Self.diff([], [1, 2]) == ["@@ -0,0 +1,2 @@", "+1", "+2"])
        #expect(Self.diff([1, 2], []) == ["@@ -1,2 +0,0 @@", "-1", "-2"])
    }
}
