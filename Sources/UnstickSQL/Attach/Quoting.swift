/// A name as SQL, whatever is in it.
package func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

/// A text as an SQL literal, whatever is in it.
package func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
