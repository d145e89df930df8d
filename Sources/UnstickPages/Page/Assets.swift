import Hummingbird
import Unstick
import UnstickServer

/// The style sheet, the script and the icon, compiled in.
struct Assets: Sendable {
    /// All answers share the bytes.
    private static let files: [String: (type: String, bytes: ByteBuffer)] = [
        "unstick.css": ("text/css; charset=utf-8", ByteBuffer(bytes: PackageResources.unstick_css)),
        "unstick.js": ("text/javascript; charset=utf-8", ByteBuffer(bytes: PackageResources.unstick_js)),
        "icon.svg": ("image/svg+xml", ByteBuffer(bytes: PackageResources.icon_svg)),
    ]

    /// Changes with every file, so that browsers may cache them forever.
    let version: String

    init() {
        let all = Self.files.sorted { $0.key < $1.key }.flatMap(\.value.bytes.readableBytesView)
        self.version = SecretDigest.sha256(String(decoding: all, as: UTF8.self)).prefix(6).hexadecimal
    }

    func response(_ name: String) throws -> Response {
        guard let file = Self.files[name] else { throw Problem.notFound("There is no such file.") }
        return Response(
            status: .ok,
            headers: [.contentType: file.type, .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: file.bytes)
        )
    }
}

extension AdminPages {
    var assetRoutes: [PageRoute] {
        [
            .open(.get, "/assets/{version}/{name}") { request in
                try self.assets.response(request.call.path("name"))
            }
        ]
    }
}
