/// A condition of a filter, and the list without it.
struct Chip {
    var label: String
    var href: String?
}
