public import ArgumentParser
public import Unstick

/// A duration with its unit.
///
/// An option uses it with `transform: DurationArgument.init(parsing:)`, which can say what is wrong with a text.
struct DurationArgument: CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init(parsing text: String) throws {
        guard let duration = Duration(text: text) else { throw ValidationError(Duration.mistake(in: text)) }
        self.init(duration)
    }

    /// The format of a default in the help.
    var description: String { self.duration.written }
}

extension JobStatus: ExpressibleByArgument {
    /// A status in any case.
    public init?(argument: String) {
        self.init(rawValue: argument.uppercased())
    }
}

extension Role: ExpressibleByArgument {}

extension WebhookDelivery.Status: ExpressibleByArgument {
    /// A status in any case.
    public init?(argument: String) {
        self.init(rawValue: argument.uppercased())
    }
}
