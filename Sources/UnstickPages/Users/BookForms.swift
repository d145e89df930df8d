import Unstick

/// The forms by which an admin books tokens.
///
/// Each has a key of its own, so that it is booked once however often it is sent.
struct BookForms {
    var action: String
    var grantKey = RandomID.uuid()
    var adjustKey = RandomID.uuid()
    var amount = ""
    var reason = ""

    init(action: String) {
        self.action = action
    }
}
