import Unstick
import UnstickServer

/// What the template of one page shows.
///
/// The template reads the stored properties by their names. `TemplateTests` refuses a template that names anything else,
/// and a property that no template names.
protocol PageContent {
    /// The name of the template.
    static var template: String { get }
}

/// A page: its content, and what every page has.
struct PageFrame<Content: PageContent> {
    var base: String
    var assetVersion: String
    var version = UnstickVersion.current
    var title: String
    var user: SignedInUser?
    var nav: [Navigation.Item] = []
    /// What its forms send back.
    var csrf: String?
    var paused: PausedLine?
    var notice: Notice?
    /// The address of the events that the open page waits for.
    var live: String?
    var content: Content

    init(_ content: Content, _ visit: PageRequest, title: String, assetVersion: String) {
        self.base = visit.base
        self.assetVersion = assetVersion
        self.title = title
        self.csrf = visit.formToken
        self.content = content
        guard let principal = visit.principal else { return }
        self.user = SignedInUser(name: principal.name, role: principal.role.rawValue)
        self.nav = Navigation.items(for: visit)
    }
}

/// The signed-in user, at the top of each page.
struct SignedInUser {
    var name: String
    var role: String
}

/// How long cleaning is paused, and by which caller.
struct PausedLine {
    var until: TimeView
    var by: String
}
