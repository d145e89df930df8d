/// Tells that a text is no JSON, or JSON that is not taken here.
struct InvalidJSON: Error {}
