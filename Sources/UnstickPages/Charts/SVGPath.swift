/// Lines and shapes, in the format of the attribute `d` of a path.
struct SVGPath: Sendable {
    /// The commands so far; empty when there is nothing to draw.
    private(set) var data = ""

    /// Makes a path without anything to draw.
    init() {}

    /// Joins paths.
    init(_ paths: [SVGPath]) {
        self.data = paths.map(\.data).joined()
    }

    /// Moves to a point without a line.
    mutating func move(to x: Double, _ y: Double) {
        self.append("M", x, y)
    }

    /// Draws a straight line to a point.
    mutating func line(to x: Double, _ y: Double) {
        self.append("L", x, y)
    }

    /// Draws a horizontal line.
    mutating func horizontal(to x: Double) {
        self.append("H", x)
    }

    /// Draws a vertical line.
    mutating func vertical(to y: Double) {
        self.append("V", y)
    }

    /// Draws a line of no length, which a round cap makes a dot.
    mutating func dot(at x: Double, _ y: Double) {
        self.move(to: x, y)
        self.append("h", 0)
    }

    /// Draws a rectangle from its upper left corner, unless it has no area.
    mutating func rectangle(_ x: Double, _ y: Double, width: Double, height: Double) {
        guard width > 0, height > 0 else { return }
        self.move(to: x, y)
        self.append("h", width)
        self.append("v", height)
        self.append("h", -width)
    }

    /// Draws a line back to the start of the shape.
    mutating func close() {
        self.data += "z"
    }

    private mutating func append(_ command: Character, _ numbers: Double...) {
        self.data.append(command)
        self.data += numbers.map(SVG.text(of:)).joined(separator: " ")
    }
}
