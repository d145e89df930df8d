/// Says that a text is no JSON, or JSON that is not taken here.
package struct InvalidJSON: Error, Hashable {
    /// Where, as a JSON pointer.
    package var pointer: String
    /// What is wrong.
    package var reason: String

    /// A body is not one object.
    package static let notAnObject = InvalidJSON("It must be one JSON object.")

    init(_ reason: String, at pointer: String = "") {
        self.pointer = pointer
        self.reason = reason
    }
}
