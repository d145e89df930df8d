/// What a user gets back for a job that was not delivered.
public enum Refund: String, Sendable, Codable, CaseIterable {
    /// The whole charge.
    case full
    /// Nothing.
    case none
    /// The share of the charge that was not worked off, by the last progress that the worker told.
    case byProgress

    /// Progress is counted in millionths, so that shares of it are exact.
    package static let whole = 1_000_000

    /// What is given back.
    ///
    /// Rounded in the user's favour.
    ///
    /// - Parameters:
    ///   - cost: what was charged.
    ///   - progress: in millionths, 0 to 1,000,000.
    package func amount(of cost: Int, progress: Int) -> Int {
        switch self {
        case .full: cost
        case .none: 0
        case .byProgress:
            // In two parts: the product of the largest amount and a million would not fit.
            cost - cost / Self.whole * progress - cost % Self.whole * progress / Self.whole
        }
    }
}
