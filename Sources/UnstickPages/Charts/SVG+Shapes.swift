// What charts are made of. Without a style sheet, all of it is drawn in the colour of the text.

extension SVG {
    /// Draws filled shapes.
    mutating func fill(_ style: String, _ path: SVGPath, mask: String? = nil) {
        guard !path.data.isEmpty else { return }
        self.element("path", ["class": .text(style), "d": .text(path.data), "mask": mask.map(SVGValue.text)])
    }

    /// Draws a shape, with the looks of the group it is in, that tells something to whoever points at it.
    mutating func area(_ path: SVGPath, tooltip: String) {
        guard !path.data.isEmpty else { return }
        self.element("path", ["d": .text(path.data)]) { svg in
            svg.element("title", [:], text: tooltip)
        }
    }

    /// Draws thin lines, which stay as thin when the chart is enlarged.
    mutating func line(_ style: String, _ path: SVGPath, dashes: String? = nil) {
        guard !path.data.isEmpty else { return }
        self.element(
            "path",
            [
                "class": .text(style), "d": .text(path.data), "fill": "none", "stroke": "currentColor",
                "stroke-dasharray": dashes.map(SVGValue.text), "vector-effect": "non-scaling-stroke",
            ]
        )
    }

    /// Groups lines that stand for data.
    mutating func curves(_ content: (inout SVG) -> Void) {
        let attributes: SVG.Attributes = [
            "fill": "none", "stroke": "currentColor", "stroke-width": 2, "stroke-linecap": "round",
        ]
        self.element("g", attributes, content: content)
    }

    /// Draws lines in a group of them.
    mutating func curve(_ style: String, _ path: SVGPath, width: Int? = nil, dashes: String? = nil) {
        guard !path.data.isEmpty else { return }
        self.element(
            "path",
            [
                "class": .text(style), "d": .text(path.data), "stroke-width": width.map { .number(Double($0)) },
                "stroke-dasharray": dashes.map(SVGValue.text),
            ]
        )
    }

    /// Groups texts that look alike.
    mutating func texts(_ style: String, _ anchor: TextAnchor = .start, _ content: (inout SVG) -> Void) {
        self.element("g", ["class": .text(style), "text-anchor": anchor.value], content: content)
    }

    /// Writes a text that stands on the line at `y`, in a group of them or with looks of its own.
    mutating func text(
        _ text: String,
        _ x: Double,
        _ y: Double,
        style: String? = nil,
        anchor: TextAnchor = .start
    ) {
        self.element(
            "text",
            ["class": style.map(SVGValue.text), "x": .number(x), "y": .number(y), "text-anchor": anchor.value],
            text: text
        )
    }
}
