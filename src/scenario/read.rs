//! From text to checked values: every key against the key table, every fault recorded, defaults filled in.

use jiff::civil::Date;
use toml::value::Datetime;

use crate::calendar::grid::LAST_START;
use crate::calendar::sessions::FIRST_DATE;

use super::axes;
use super::fault::{Fault, Faults, grouped, listed, nearest, shown};
use super::key::{Absent, Key, Kind, homes_of, join};
use super::keys::KNOWN_ABSENT;
use super::raw::{Item, Pair, Place, Raw, RawTable};
use super::value::{Named, Slot, Table, Value};

/// Longest name or description, characters.
pub(super) const TEXT_MAX: usize = 200;
/// Whole numbers beyond this are not exact as floating-point numbers.
const EXACT_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Reads a section. `path` is its name with dots, empty for the file itself.
pub(super) fn read_table(raw: &RawTable, place: Place, keys: &'static [Key], path: &str, faults: &mut Faults) -> Table {
    for pair in &raw.pairs {
        if !keys.iter().any(|key| key.name == pair.key) {
            faults.add(unknown_key(pair, keys, path));
        }
    }
    let slots = keys
        .iter()
        .map(|key| match raw.pairs.iter().find(|pair| pair.key == key.name) {
            Some(pair) => read_pair(pair, key, path, faults),
            None => read_absent(key, place, path, faults),
        })
        .collect();
    Table { keys, slots, place }
}

fn read_pair(pair: &Pair, key: &Key, path: &str, faults: &mut Faults) -> Slot {
    match read_value(&pair.value, key, &join(path, key.name), faults) {
        Some(value) => Slot::Good(value, Some(pair.value.place)),
        None => Slot::Faulty,
    }
}

/// A missing section whose keys must be given is one fault, not one a key.
fn read_absent(key: &Key, place: Place, path: &str, faults: &mut Faults) -> Slot {
    let full = join(path, key.name);
    let example = match (&key.absent, &key.kind) {
        (Absent::Default(value), _) => return Slot::Good(value(), None),
        (Absent::Section, Kind::List(_)) => return Slot::Good(Value::List(Vec::new()), None),
        (Absent::Section, Kind::Names) => return Slot::Good(Value::Names(Vec::new()), None),
        (Absent::Section, Kind::Axes) => return Slot::Good(Value::Axes(Vec::new()), None),
        (Absent::Section, Kind::Table(keys)) => match required_examples(keys) {
            none if none.is_empty() => {
                let table = read_table(&RawTable::default(), place, keys, &full, faults);
                return Slot::Good(Value::Table(table), None);
            }
            examples if path.is_empty() => format!("[{}] with {examples}", key.name),
            examples => format!("{} = {{ {examples} }}", key.name),
        },
        (Absent::Required(example), _) => format!("{} = {example}", key.name),
        _ => return Slot::Absent,
    };
    let label = format!("{} must say `{}`", section_name(path), key.name);
    let fault = Fault::missing(place, format!("`{full}` is missing"), label);
    faults.add(fault.help(format!("{}; for example `{example}`", key.about)));
    Slot::Faulty
}

/// Every key that must be given, with an example.
fn required_examples(keys: &[Key]) -> String {
    let example = |key: &Key| match key.absent {
        Absent::Required(example) => Some(format!("{} = {example}", key.name)),
        _ => None,
    };
    keys.iter().filter_map(example).collect::<Vec<_>>().join(", ")
}

/// The value; `None` where faults say why there is none.
fn read_value(raw: &Raw, key: &Key, path: &str, faults: &mut Faults) -> Option<Value> {
    let read = match (&key.kind, &raw.item) {
        (Kind::Table(keys), Item::Table(table)) => {
            return Some(Value::Table(read_table(table, raw.place, keys, path, faults)));
        }
        (Kind::List(keys), Item::List(list)) => return read_list(list, keys, path, faults),
        (Kind::Names, Item::Table(table)) => return Some(read_names(table, path, faults)),
        (Kind::Axes, Item::Table(table)) => return Some(Value::Axes(axes::read(table, faults))),
        (Kind::Text, Item::Text(text)) => {
            read_text(text).map_err(|(found, allowed)| refused(raw, path, found, allowed))
        }
        (Kind::Rule, Item::Text(text)) => Ok(Value::text(text)),
        (Kind::Choice(words), Item::Text(text)) => read_choice(raw, text, words, path),
        (Kind::Flag, Item::Flag(flag)) => Ok(Value::Flag(*flag)),
        (Kind::Date, Item::Moment(moment)) => read_date(moment).ok_or_else(|| {
            let allowed = format!("a day from {FIRST_DATE} to {LAST_START}, written as 2026-11-20");
            refused(raw, path, &moment.to_string(), &allowed)
        }),
        (Kind::Dates, Item::List(list)) => read_dates(list, path),
        (Kind::Whole(least, most), Item::Integer(_) | Item::Float(_)) => read_whole(raw, *least, *most, path),
        (Kind::Number(range), Item::Integer(_) | Item::Float(_)) => number(raw)
            .filter(|number| range.contains(*number))
            .map(Value::Number)
            .ok_or_else(|| out_of_range(raw, path, &range.allowed())),
        _ => Err(wrong_type(raw, key, path)),
    };
    read.map_err(|fault| faults.add(*fault)).ok()
}

/// The value, or the one fault that it is.
type Read = Result<Value, Box<Fault>>;

fn refused(raw: &Raw, path: &str, found: &str, allowed: &str) -> Box<Fault> {
    Box::new(Fault::new(raw.place, format!("`{path}` is {found}"), format!("must be {allowed}")))
}

fn read_text(text: &str) -> Result<Value, (&str, &str)> {
    if text.trim().is_empty() {
        return Err(("empty", "text of at least one character"));
    }
    if text.chars().any(char::is_control) {
        return Err(("text with control characters", "one line of plain text"));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(("too long", "text of at most 200 characters"));
    }
    Ok(Value::text(text))
}

fn read_choice(raw: &Raw, text: &str, words: &[&str], path: &str) -> Read {
    if words.contains(&text) {
        return Ok(Value::text(text));
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let fault = refused(raw, path, &format!("\"{text}\""), &format!("one of {}", quoted.join(", ")));
    let meant = nearest(text, words.iter().copied()).map(|word| format!("did you mean \"{word}\"?"));
    Err(Box::new(fault.maybe_help(meant)))
}

fn read_date(moment: &Datetime) -> Option<Value> {
    let day = moment.date.filter(|_| moment.time.is_none())?;
    let (month, of_month) = (i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?);
    let day = Date::new(i16::try_from(day.year).ok()?, month, of_month).ok()?;
    (FIRST_DATE..=LAST_START).contains(&day).then_some(Value::Date(day))
}

/// Days that ascend, each once.
fn read_dates(list: &[Raw], path: &str) -> Read {
    let mut dates: Vec<Date> = Vec::with_capacity(list.len());
    for raw in list {
        let date = match &raw.item {
            Item::Moment(moment) => read_date(moment),
            other => return Err(refused(raw, path, &format!("a list with {}", other.noun()), "days without quotes")),
        };
        let Some(Value::Date(date)) = date else {
            let allowed = format!("days from {FIRST_DATE} to {LAST_START}, written as 2026-11-20");
            return Err(refused(raw, path, "a list with something that is no such day", &allowed));
        };
        if dates.last().is_some_and(|last| *last >= date) {
            return Err(refused(raw, path, &format!("a list with {date} out of order"), "days that ascend, each once"));
        }
        dates.push(date);
    }
    Ok(Value::Dates(dates))
}

fn read_whole(raw: &Raw, least: i64, most: i64, path: &str) -> Read {
    let whole = match raw.item {
        Item::Integer(digits) => digits,
        #[allow(clippy::cast_possible_truncation)] // checked to be whole and exact
        Item::Float(number) if number.abs() <= EXACT_WHOLE && number.trunc() == number => Some(number as i64),
        _ => None,
    };
    let allowed = match most {
        i64::MAX => format!("a whole number from {least} to 2^63 - 1"),
        _ => format!("a whole number from {} to {}", grouped(least), grouped(most)),
    };
    whole
        .filter(|whole| (least..=most).contains(whole))
        .map(Value::Whole)
        .ok_or_else(|| out_of_range(raw, path, &allowed))
}

fn read_list(list: &[Raw], keys: &'static [Key], path: &str, faults: &mut Faults) -> Option<Value> {
    let mut tables = Vec::with_capacity(list.len());
    for raw in list {
        match &raw.item {
            Item::Table(table) => {
                let name = table.name().map_or_else(|| path.to_owned(), |name| join(path, name));
                tables.push(read_table(table, raw.place, keys, &name, faults));
            }
            other => faults.add(
                Fault::new(raw.place, format!("`{path}` holds {}", other.noun()), "every entry must be a table")
                    .help(format!("write each as a section [[{path}]]")),
            ),
        }
    }
    (tables.len() == list.len()).then_some(Value::List(tables))
}

/// A name whose number is wrong stays known, so that rules which use it are not called wrong as well.
fn read_names(table: &RawTable, path: &str, faults: &mut Faults) -> Value {
    let mut names = Vec::with_capacity(table.pairs.len());
    for pair in &table.pairs {
        let full = join(path, &pair.key);
        let found = number(&pair.value);
        match found {
            Some(number) if number.is_finite() => {}
            Some(_) => faults.add(*out_of_range(&pair.value, &full, "a finite number")),
            None => faults.add(wrong_type_of(&pair.value, "a number", "30", &full)),
        }
        names.push(Named { name: pair.key.clone(), number: found.unwrap_or_default(), place: pair.place });
    }
    Value::Names(names)
}

#[allow(clippy::cast_precision_loss)] // a number of a scenario with more than 53 bits is not meant to the last bit
fn number(raw: &Raw) -> Option<f64> {
    match raw.item {
        Item::Integer(digits) => digits.map(|digits| digits as f64),
        Item::Float(number) => Some(number),
        _ => None,
    }
}

fn out_of_range(raw: &Raw, path: &str, allowed: &str) -> Box<Fault> {
    let found = match raw.item {
        Item::Integer(Some(digits)) => grouped(digits),
        Item::Float(number) if number.is_nan() => "not a number".to_owned(),
        Item::Float(number) => shown(number),
        _ => "too large".to_owned(),
    };
    refused(raw, path, &found, allowed)
}

fn wrong_type(raw: &Raw, key: &Key, path: &str) -> Box<Fault> {
    let example = match &key.absent {
        Absent::Required(example) | Absent::Nothing(example) => (*example).to_owned(),
        Absent::Default(value) => super::write::literal(&value()),
        Absent::Preset | Absent::Section => match key.kind {
            Kind::Choice(words) => format!("\"{}\"", words[0]),
            Kind::Number(range) => format!("{:?}", range.most.min(1.0)),
            _ => String::new(),
        },
    };
    Box::new(match &key.kind {
        Kind::Text => wrong_type_of(raw, "text in quotes", &example, path),
        Kind::Rule => wrong_type_of(raw, "a rule in quotes", &example, path),
        Kind::Choice(_) => wrong_type_of(raw, "a word in quotes", &example, path),
        Kind::Date => wrong_type_of(raw, "a day without quotes", &example, path),
        Kind::Dates => wrong_type_of(raw, "a list of days without quotes", &example, path),
        Kind::Flag => wrong_type_of(raw, "true or false", &example, path),
        Kind::Whole(..) => wrong_type_of(raw, "a whole number", &example, path),
        Kind::Number(_) => wrong_type_of(raw, "a number", &example, path),
        Kind::Table(keys) if path.contains('.') && !required_examples(keys).is_empty() => {
            wrong_type_of(raw, "a table", &format!("{{ {} }}", required_examples(keys)), path)
        }
        Kind::Table(_) if !example.is_empty() => wrong_type_of(raw, "a table", &example, path),
        Kind::Table(_) | Kind::Names | Kind::Axes => {
            wrong_type_of(raw, "a section", "", path).help(format!("begin it with [{path}]"))
        }
        Kind::List(_) => wrong_type_of(raw, "a list of sections", "", path).help(format!("begin each with [[{path}]]")),
    })
}

fn wrong_type_of(raw: &Raw, expected: &str, example: &str, path: &str) -> Fault {
    let key = path.rsplit('.').next().unwrap_or(path);
    let fault = Fault::new(raw.place, format!("`{path}` is {}", raw.item.noun()), format!("must be {expected}"));
    if let Item::Text(text) = &raw.item
        && !expected.contains("in quotes")
        && (text.trim().parse::<f64>().is_ok() || text.parse::<Date>().is_ok() || text.parse::<bool>().is_ok())
    {
        return fault.help(format!("write it without quotes: `{key} = {}`", text.trim()));
    }
    if example.is_empty() { fault } else { fault.help(format!("for example `{key} = {example}`")) }
}

fn unknown_key(pair: &Pair, keys: &'static [Key], path: &str) -> Fault {
    let full = join(path, &pair.key);
    let known = || keys.iter().map(|key| key.name);
    let title = format!("unknown key `{full}`");
    let fault = Fault::new(pair.place, title, format!("not a key of {}", section_name(path)));
    if let Some((_, help)) = KNOWN_ABSENT.iter().find(|(absent, _)| *absent == full) {
        return fault.help(*help);
    }
    if let Some(name) = nearest(&pair.key, known()) {
        return fault.help(format!("did you mean `{name}`?"));
    }
    let homes = homes_of(&pair.key);
    if !homes.is_empty() {
        return fault.help(format!("`{}` is a key of {}", pair.key, listed(homes.iter().map(String::as_str))));
    }
    fault.help(format!("{} knows {}", section_name(path), listed(known())))
}

fn section_name(path: &str) -> String {
    if path.is_empty() { "a scenario".to_owned() } else { format!("`{path}`") }
}
