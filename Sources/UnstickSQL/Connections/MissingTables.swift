/// What to do when Unstick's own tables are missing, or have another version.
public enum MissingTables: Sendable {
    /// Create them, or upgrade them.
    case migrate
    /// Leave the database unchanged; calls that need the tables throw `schemaMismatch`.
    case leave
}
