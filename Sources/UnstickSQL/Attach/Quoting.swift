/// A name as SQL, with any characters.
package func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

/// A text as an SQL literal, with any characters.
package func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
