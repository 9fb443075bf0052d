//! One field of a structured log line, as our programs write them.

use serde_json::Value;

/// The value of `key` in a line: a JSON object (the key on top or below `fields`), or
/// `key=value` and `key="value"` in text.
#[must_use]
pub fn field(line: &str, key: &str) -> Option<String> {
    if line.starts_with('{') {
        let line: Value = serde_json::from_str(line).ok()?;
        let value =
            line.get("fields").and_then(|fields| fields.get(key)).or_else(|| line.get(key))?;
        return Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    let line = without_colours(line);
    let (_, rest) = line.split_once(&format!(" {key}="))?;
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split_whitespace().next(),
    };
    value.map(str::to_owned)
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_json_and_in_text() {
        let json = r#"{"timestamp":"x","level":"INFO","fields":{"message":"m","screen":"start"}}"#;
        assert_eq!(field(json, "screen").as_deref(), Some("start"));
        assert_eq!(field(json, "level").as_deref(), Some("INFO"));
        let text = "2026 INFO kiosk: screen=start visit=\"a b\"";
        assert_eq!(field(text, "screen").as_deref(), Some("start"));
        assert_eq!(field(text, "visit").as_deref(), Some("a b"));
        assert_eq!(field(text, "tick"), None);
        assert_eq!(field("2026 \u{1b}[3mscreen\u{1b}[0m\u{1b}[2m=\u{1b}[0mstart", "x"), None);
    }
}
