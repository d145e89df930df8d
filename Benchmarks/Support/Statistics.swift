import Foundation

/// The median; the mean of the middle two for an even number.
package func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// The value that this share of all values does not exceed.
package func percentile(_ share: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
}

package func whole(_ number: Double) -> String { number.isFinite ? String(Int(number.rounded())) : "-" }

package func fixed(_ number: Double, _ digits: Int = 2) -> String {
    number.isFinite ? String(format: "%.\(digits)f", number) : "-"
}
