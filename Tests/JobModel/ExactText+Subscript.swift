import Unstick

extension Dictionary where Key == ExactText {
    /// The value of a text, by its bytes as in a store.
    subscript(text: String) -> Value? {
        get { self[text.exact] }
        set { self[text.exact] = newValue }
    }

    subscript(text: String, default standard: @autoclosure () -> Value) -> Value {
        get { self[text.exact] ?? standard() }
        set { self[text.exact] = newValue }
    }
}
