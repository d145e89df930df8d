/// What to do when Unstick's own tables are not there, or not those of this version.
public enum MissingTables: Sendable {
    /// Make them, or bring them up to date.
    case migrate
    /// Leave the database as it is; what needs them throws `schemaMismatch`.
    case leave
}
