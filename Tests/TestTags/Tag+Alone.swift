package import Testing

extension Tag {
    /// A suite that needs the machine to itself: it waits for servers or processes, and its time limits assume a free processor.
    ///
    /// `make test` runs these suites one after the other, when all others are done. `scripts/alone-suites` finds them.
    @Tag package static var alone: Self
}
