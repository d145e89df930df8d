package struct BenchFailure: Error {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}
