import Unstick

/// How far something has come.
struct Progress {
    var done: String
    var total: String
    var text: String

    init(done: Int, total: Int, of what: String) {
        self.done = String(done)
        self.total = String(max(total, 1))
        self.text = "\(done.grouped) of \(total.of(what))"
    }
}
