import HTTPTypes
import Synchronization

/// A limited resource, with a limit for each holder and one for all.
package final class Shares: Sendable {
    /// A holder of a part, and its limit.
    package struct Holder: Hashable, Sendable {
        package var name: String
        package var most: Int

        package init(_ name: String, most: Int) {
            self.name = name
            self.most = most
        }
    }

    /// Why a part is refused.
    package enum Refusal: Error, Hashable {
        /// The holder has reached its limit.
        case holderIsFull
        /// The common limit is reached.
        case allIsTaken
    }

    private struct State {
        var taken = 0
        var held: [String: Int] = [:]
    }

    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: the common limit.
    package init(most: Int) {
        self.most = most
    }

    /// Takes a part for all of these holders, or for none of them.
    package func take(_ amount: Int = 1, for holders: [Holder]) throws(Refusal) {
        let refusal = self.state.withLock { state -> Refusal? in
            for holder in holders where state.held[holder.name, default: 0] + amount > holder.most {
                return .holderIsFull
            }
            guard state.taken + amount <= self.most else { return .allIsTaken }
            state.taken += amount
            for holder in holders { state.held[holder.name, default: 0] += amount }
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Frees a part of these holders.
    package func free(_ amount: Int = 1, for holders: [Holder]) {
        self.state.withLock { state in
            state.taken -= amount
            for holder in holders {
                let left = state.held[holder.name, default: 0] - amount
                state.held[holder.name] = left > 0 ? left : nil
            }
        }
    }

    /// How much is in use.
    package var taken: Int { self.state.withLock { $0.taken } }
}

extension Problem {
    /// - Parameters:
    ///   - what: the resource that is used up, such as "waiting claims".
    ///   - seconds: when a retry makes sense.
    package static func tooMany(_ what: String, _ refusal: Shares.Refusal, retryAfter seconds: Int = 1) -> Problem {
        switch refusal {
        case .holderIsFull:
            Problem(
                status: .tooManyRequests,
                code: "too_many_requests",
                detail: "There are too many \(what) from your address or key. Wait until one ends, then try again.",
                retryAfter: seconds
            )
        case .allIsTaken:
            Problem(
                status: .serviceUnavailable,
                code: "overloaded",
                detail: "There are too many \(what) at this server. Nothing was done; try again in a time.",
                retryAfter: seconds
            )
        }
    }
}
