/// How a job is paid for.
public enum ChargeKind: String, Sendable, Codable, CaseIterable {
    /// Taken at the creation, given back when the job is not delivered.
    case charge = "CHARGE"
    /// Set aside at the creation; taken when the job is delivered, in part if the worker says so; else released.
    case hold = "HOLD"
}
