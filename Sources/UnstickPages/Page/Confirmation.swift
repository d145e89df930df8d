import HTTPTypes
import Unstick
import UnstickServer

/// The text that a user must type before a large action: the action and the number of jobs.
struct Confirmation {
    /// Actions with more jobs, or more tokens, than these are confirmed.
    static let jobs = 100
    static let tokens = 10_000

    let verb: String
    let count: Int
    let isNeeded: Bool

    /// - Parameters:
    ///   - verb: the action, in one word.
    ///   - jobs: the number of jobs.
    ///   - tokens: the number of tokens.
    ///   - always: whether it is always confirmed.
    init(_ verb: String, jobs: Int, tokens: Int, always: Bool = false) {
        self.verb = verb
        self.count = jobs
        self.isNeeded = always || jobs > Self.jobs || tokens > Self.tokens
    }

    /// The text to type; `nil` where none is needed.
    var word: String? { self.isNeeded ? "\(self.verb) \(self.count)" : nil }

    /// Refuses a form without it.
    ///
    /// The typed number may differ by a tenth, because jobs change while the user reads.
    func check(_ form: Form) throws {
        guard self.isNeeded else { return }
        let typed = (form.text("confirm") ?? "").replacing(",", with: "").split(separator: " ").map(String.init)
        guard typed.count == 2, typed[0].lowercased() == self.verb, let number = Int(typed[1]), number >= 0,
            self.count - self.count / 10 - 10 <= number
        else {
            throw Problem(
                status: .conflict,
                code: "not_confirmed",
                detail:
                    "This affects \(self.count.of("job")) now. To continue, go back and type '\(self.word ?? "")' exactly "
                    + "as shown. Nothing was changed."
            )
        }
    }
}
