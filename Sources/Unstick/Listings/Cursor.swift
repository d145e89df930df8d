import Foundation

/// The place where a page ends, as opaque text: made here, and checked when a caller sends it.
enum Cursor {
    static func text(of place: JobCursor) -> String { Self.text("\(place.time.milliseconds)", place.id) }

    static func job(_ text: String) -> JobCursor? {
        guard let (created, id) = Self.parts(text), let milliseconds = Int(created) else { return nil }
        return JobCursor(time: Timestamp(milliseconds: milliseconds), id: id)
    }

    static func text(of place: DeliveryCursor) -> String { Self.text(place.eventID, place.endpointID) }

    static func delivery(_ text: String) -> DeliveryCursor? {
        Self.parts(text).map { DeliveryCursor(eventID: $0, endpointID: $1) }
    }

    /// - Throws: ``UnstickError`` `invalidArgument` for a cursor that cannot be read.
    static func known<Place>(_ place: Place?) throws -> Place {
        guard let place else {
            throw UnstickError(.invalidArgument, "The cursor is not the nextCursor of a previous page.")
        }
        return place
    }

    /// Two texts, the first one without a space.
    private static func text(_ first: String, _ second: String) -> String {
        Data("\(first) \(second)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func parts(_ text: String) -> (String, String)? {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: standard + padding), let plain = String(bytes: data, encoding: .utf8),
            let space = plain.firstIndex(of: " "), !plain.utf8.contains(0)
        else { return nil }
        return (String(plain[..<space]), String(plain[plain.index(after: space)...]))
    }
}
