/// The version of Unstick.
public enum UnstickVersion {
    /// By Semantic Versioning.
    public static let current = "0.1.0"
}
