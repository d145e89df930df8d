/// The fixed words in the paths of routes in the place of a parameter.
package enum RouteWords {
    /// - Parameters:
    ///   - parameter: the parameter, with its braces.
    ///   - paths: all paths.
    ///   - collection: the word right before the parameter.
    package static func beside(_ parameter: String, in paths: [String], of collection: String) -> Set<String> {
        let routes = paths.map { $0.split(separator: "/").map(String.init) }
        let places = Set(
            routes.flatMap { route in
                route.indices.dropFirst().filter { route[$0] == parameter && route[$0 - 1] == collection }
                    .map { Array(route[..<$0]) }
            }
        )
        return Set(
            routes.flatMap { route in
                places.filter { route.count > $0.count && Array(route[..<$0.count]) == $0 }.map { route[$0.count] }
            }
        ).subtracting([parameter])
    }
}
