package import Testing

extension Tag {
    /// A suite that must run alone: it waits for servers or processes, and its time limits assume a free processor.
    ///
    /// `make test` runs these suites one after the other, after all others. `scripts/alone-suites` finds them.
    @Tag package static var alone: Self
}
