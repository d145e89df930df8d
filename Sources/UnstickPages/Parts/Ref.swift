import Unstick
import UnstickServer

/// An id, with the page about it.
struct Ref {
    var id: String
    var href: String?

    init(_ id: String, _ href: String?) {
        self.id = id
        self.href = href
    }

    static func job(_ id: String, _ visit: Visit) -> Ref { Ref(id, visit.href("/jobs/" + id.pathEncoded)) }

    static func user(_ id: String, _ visit: Visit) -> Ref { Ref(id, visit.href("/users/" + id.pathEncoded)) }

    static func run(_ id: String, _ visit: Visit) -> Ref { Ref(id, visit.href("/runs/" + id.pathEncoded)) }

    static func webhook(_ id: String, _ visit: Visit) -> Ref { Ref(id, visit.href("/webhooks/" + id.pathEncoded)) }
}
