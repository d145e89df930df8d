extension String {
    /// Whether two texts have the same bytes; `==` also takes texts for equal that only look the same.
    func isExactly(_ other: String) -> Bool {
        self.utf8.elementsEqual(other.utf8)
    }
}
