//! The JSON Schema of scenario files, for completion and checking in editors.

use serde_json::{Map, Value as Json, json};

use super::key::{Absent, Key, Kind};
use super::keys::SCENARIO;
use super::read::TEXT_MAX;
use super::value::Value;

/// The schema, draft 2020-12.
///
/// A scenario that `extends` another takes what must be given from there, so a schema can ask for it only where nothing is
/// extended; it cannot see contradictions between keys, which `check` finds.
#[must_use]
pub fn json_schema() -> Json {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tailwing scenario",
    });
    let required: Vec<&str> = SCENARIO.iter().filter(|key| must_be_given(key)).map(|key| key.name).collect();
    let sections: Map<String, Json> = SCENARIO
        .iter()
        .filter_map(|key| match key.kind {
            Kind::Table(keys) if must_be_given(key) => {
                Some((key.name.to_owned(), json!({ "required": required_names(keys) })))
            }
            _ => None,
        })
        .collect();
    if let (Json::Object(schema), Json::Object(table)) = (&mut schema, table_schema(SCENARIO)) {
        schema.extend(table);
        schema.insert(
            "anyOf".to_owned(),
            json!([{ "required": ["extends"] }, { "required": required, "properties": sections }]),
        );
    }
    schema
}

fn must_be_given(key: &Key) -> bool {
    match (&key.absent, &key.kind) {
        (Absent::Required(_), _) => true,
        (Absent::Section, Kind::Table(keys)) => !required_names(keys).is_empty(),
        _ => false,
    }
}

fn required_names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().filter(|key| must_be_given(key)).map(|key| key.name).collect()
}

fn table_schema(keys: &[Key]) -> Json {
    let properties: Map<String, Json> = keys.iter().map(|key| (key.name.to_owned(), key_schema(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn key_schema(key: &Key) -> Json {
    let mut schema = match key.kind {
        Kind::Text => json!({ "type": "string", "minLength": 1, "maxLength": TEXT_MAX }),
        Kind::Rule => json!({ "type": "string", "minLength": 1 }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Dates => json!({ "type": "array", "items": { "type": "string", "format": "date" } }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Whole(least, i64::MAX) => json!({ "type": "integer", "minimum": least }),
        Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Number(range) => {
            let bound = if range.above { "exclusiveMinimum" } else { "minimum" };
            json!({ "type": "number", bound: range.least, "maximum": range.most })
        }
        Kind::Table(keys) => table_schema(keys),
        Kind::List(keys) => {
            let mut items = table_schema(keys);
            items["required"] = json!(["name"]);
            json!({ "type": "array", "items": items })
        }
        Kind::Axes => {
            let number = json!({ "type": "number" });
            let range = json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["from", "to", "step"],
                "properties": { "from": number, "to": number, "step": number },
            });
            let values = json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": number });
            json!({ "type": "object", "additionalProperties": { "anyOf": [values, range] } })
        }
        Kind::Names => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
            "additionalProperties": { "type": "number" },
        }),
    };
    schema["description"] = json!(key.about);
    if let Absent::Default(default) = key.absent {
        schema["default"] = json_value(&default());
    }
    schema
}

fn json_value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Flag(flag) => json!(flag),
        Value::Whole(number) => json!(number),
        Value::Number(number) => json!(number),
        _ => Json::Null,
    }
}
