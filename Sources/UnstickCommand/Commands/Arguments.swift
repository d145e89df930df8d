public import ArgumentParser
public import Unstick

/// A duration as people write it.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = Duration(text: argument) else { return nil }
        self.init(duration)
    }

    /// How a default is shown in the help.
    var defaultValueDescription: String { self.duration.text }
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
