import HTTPTypes
import Unstick
import UnstickServer

/// What somebody has to type before something large is done: what, and with how many jobs.
struct Confirmation {
    /// More jobs, or more tokens, than these are confirmed.
    static let jobs = 100
    static let tokens = 10_000

    let verb: String
    let count: Int
    let isNeeded: Bool

    /// - Parameters:
    ///   - verb: what is done, in one word.
    ///   - jobs: with how many jobs.
    ///   - tokens: how many tokens that moves.
    ///   - always: whether it is confirmed however little it is.
    init(_ verb: String, jobs: Int, tokens: Int, always: Bool = false) {
        self.verb = verb
        self.count = jobs
        self.isNeeded = always || jobs > Self.jobs || tokens > Self.tokens
    }

    /// What is to be typed; `nil` where nothing is.
    var word: String? { self.isNeeded ? "\(self.verb) \(self.count)" : nil }

    /// Refuses a form in which it is missing.
    ///
    /// What was typed may be a tenth behind: jobs go on while somebody reads.
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
