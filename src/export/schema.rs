//! The JSON Schema of the record, generated from its type.

use super::FlowRecord;

/// The JSON Schema of `sekisho.flow.v1`, as shipped in `docs/schema`.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(FlowRecord);
    // A schema is a JSON value, and those always render.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_schema_is_the_type_s() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/docs/schema/sekisho.flow.v1.json"
        );
        if std::env::var_os("SEKISHO_ACCEPT").is_some() {
            std::fs::write(path, schema()).unwrap();
        }
        let shipped = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            shipped == schema(),
            "{path} is not the type's schema; if that is meant, run this test with SEKISHO_ACCEPT=1"
        );
    }
}
