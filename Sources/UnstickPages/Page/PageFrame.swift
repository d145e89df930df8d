import Unstick
import UnstickServer

/// The content of the template of one page.
///
/// The template reads the stored properties by their names. `TemplateTests` refuses a template with another name, and a
/// property that no template uses.
protocol PageContent {
    /// The name of the template.
    static var template: String { get }
}

/// A page: its content, and the parts of every page.
struct PageFrame<Content: PageContent> {
    var base: String
    var assetVersion: String
    var version = UnstickVersion.current
    var title: String
    var user: SignedInUser?
    var nav: [Navigation.Item] = []
    /// The token that its forms send back.
    var csrf: String?
    var paused: PausedLine?
    var notice: Notice?
    /// The address of the events for the open page.
    var live: String?
    var content: Content

    init(_ content: Content, _ request: PageRequest, title: String, assetVersion: String) {
        self.base = request.base
        self.assetVersion = assetVersion
        self.title = title
        self.csrf = request.formToken
        self.content = content
        guard let principal = request.principal else { return }
        self.user = SignedInUser(name: principal.name, role: principal.role.rawValue)
        self.nav = Navigation.items(for: request)
    }
}

/// The signed-in user, at the top of each page.
struct SignedInUser {
    var name: String
    var role: String
}

/// The end of a pause, and its caller.
struct PausedLine {
    var until: TimeView
    var by: String
}
