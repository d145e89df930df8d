/// One option of a selection.
struct Choice {
    var value: String
    var label: String
    var selected: Bool

    /// The options of a selection, with one for all in front.
    static func list(_ options: [(value: String, label: String)], selected: String?, all: String) -> [Choice] {
        [Choice(value: "", label: all, selected: selected == nil)]
            + options.map { Choice(value: $0.value, label: $0.label, selected: $0.value == selected) }
    }
}
