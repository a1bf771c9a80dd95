//! `tailwing price`: exact values of the model, one with its derivatives, or one a line of a table.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::price_options::PriceOptions;
use super::{Done, output, usage};
use crate::engine;
use crate::error::{Error, Result};
use crate::pricing::Query;
use crate::report::prices::{self, Priced, csv_line, digits};
use crate::report::{format, json};
use crate::scenario::{Ask, Basis, Inputs, PriceKind, Sheet};

/// Lines answered at a time.
const CHUNK: usize = 8192;
/// Longest line, bytes.
const LINE_MAX: u64 = 65_536;

/// Answers one question or a table of them.
///
/// # Errors
/// The command line, the model or the heading of the table is wrong; or a file cannot be read.
pub(super) fn price(options: &PriceOptions) -> Result<Done> {
    let basis = options.model.as_deref().map_or_else(|| Ok(Basis::default()), Basis::named)?;
    match (&options.kind, &options.batch) {
        (Some(kind), None) => one(kind, options, &basis),
        (None, Some(batch)) if batch.as_os_str() == "-" => table(io::stdin().lock(), "standard input", options, &basis),
        (None, Some(batch)) => table(BufReader::new(open(batch)?), &batch.display().to_string(), options, &basis),
        (Some(_), Some(_)) => Err(usage("give a kind of value or --batch, not both: the table has a column `kind`")),
        (None, None) => {
            let kinds = PriceKind::ALL.map(|(_, name, ..)| name).join(", ");
            Err(usage(format!("what is to be priced? Give one of {kinds}, or --batch FILE.csv")))
        }
    }
}

fn open(path: &Path) -> Result<File> {
    let failed = |source| Error::Io { action: "read".into(), path: path.to_path_buf(), source };
    if path.is_dir() {
        return Err(usage(format!("{} is a folder", path.display())));
    }
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(usage(format!("there is no file {}", path.display())))
        }
        opened => opened.map_err(failed),
    }
}

/// Prints one value.
fn one(kind: &str, options: &PriceOptions, basis: &Basis) -> Result<Done> {
    let kind = PriceKind::from_name(kind).map_err(usage)?;
    let mut inputs = Inputs::default();
    for (name, text) in &options.inputs {
        inputs.read(name, text).map_err(usage)?;
    }
    if let Some(option) = &options.option {
        inputs.read_option(option).map_err(usage)?;
    }
    if let Some(vix) = &options.vix {
        inputs.read_vix(vix).map_err(usage)?;
    }
    let (name, unit, _) = kind.words();
    let ask = inputs.resolve(kind, basis).map_err(usage)?;
    let (value, sensitivities) = match &ask {
        Ask::Value(value) => (*value, None),
        Ask::Query(query) => (query.value()?, query.sensitivities()?),
    };
    let priced = Priced { kind: name, unit, value, sensitivities, inputs: inputs.all(basis, &ask) };
    output::print(&if options.json { json::text(&prices::json(&priced)) } else { prices::text(&priced) })?;
    Ok(Done::Fine)
}

/// What a line of the table comes to before anything is priced.
struct Line {
    cells: Vec<String>,
    asked: std::result::Result<Ask, String>,
}

/// Answers a table line by line, a chunk at a time.
fn table(mut source: impl BufRead, name: &str, options: &PriceOptions, basis: &Basis) -> Result<Done> {
    refuse_inputs(options)?;
    let failed = |source| Error::Io { action: "read".into(), path: name.into(), source };
    let Some(heading) = next_line(&mut source).map_err(failed)? else {
        return Err(usage(format!("{name} is empty; its first line must name the columns")));
    };
    let heading = heading.map_err(|why| usage(format!("{name}: the heading cannot be read: {why}")))?;
    let sheet =
        Sheet::new(heading.trim_start_matches('\u{feff}')).map_err(|error| usage(format!("{name}: {error}")))?;
    let columns = sheet.heading.len();
    let mut goes_on = output::write(&csv_line(&sheet.heading, columns, "value", "error"))?;
    let (mut total, mut wrong) = (0, 0);
    while goes_on {
        let mut lines = Vec::with_capacity(CHUNK);
        while lines.len() < CHUNK
            && let Some(line) = next_line(&mut source).map_err(failed)?
        {
            lines.push(read(&sheet, line, basis));
        }
        if lines.is_empty() {
            break;
        }
        let answers = answer(&lines, options.threads.map(usize::from))?;
        let mut text = String::new();
        for (line, answer) in lines.iter().zip(&answers) {
            total += 1;
            match answer {
                Ok(value) => text.push_str(&csv_line(&line.cells, columns, &digits(*value), "")),
                Err(why) => {
                    wrong += 1;
                    text.push_str(&csv_line(&line.cells, columns, "", why));
                }
            }
        }
        goes_on = output::write(&text)?;
    }
    if wrong == 0 {
        return Ok(Done::Fine);
    }
    output::warn(&format!("{} of {} rows have an error", format::count(wrong), format::count(total)));
    Ok(Done::Faulty)
}

/// A table says everything itself; only the model can stand beside it.
fn refuse_inputs(options: &PriceOptions) -> Result<()> {
    let given = options.inputs.first().map(|(name, _)| *name);
    let given = given.or(options.vix.as_ref().map(|_| "vix")).or(options.option.as_ref().map(|_| "option"));
    match given {
        Some(name) => {
            let option = name.replace('_', "-");
            Err(usage(format!(
                "--{option} cannot stand beside --batch: make it a column, or put it into the file of --model"
            )))
        }
        None if options.json => Err(usage("--json cannot stand beside --batch, whose answers are CSV")),
        None => Ok(()),
    }
}

fn read(sheet: &Sheet, line: std::result::Result<String, String>, basis: &Basis) -> Line {
    match line {
        Ok(line) => {
            let (cells, asked) = sheet.read(&line);
            Line { cells, asked: asked.and_then(|(kind, inputs)| inputs.resolve(kind, basis)) }
        }
        Err(why) => Line { cells: Vec::new(), asked: Err(why) },
    }
}

fn answer(lines: &[Line], threads: Option<usize>) -> Result<Vec<std::result::Result<f64, String>>> {
    let queries: Vec<Query> = lines
        .iter()
        .filter_map(|line| match &line.asked {
            Ok(Ask::Query(query)) => Some(**query),
            _ => None,
        })
        .collect();
    let mut found = engine::price::price(&queries, threads)?.into_iter();
    let answers = lines.iter().map(|line| match &line.asked {
        Ok(Ask::Value(value)) => Ok(*value),
        Ok(Ask::Query(_)) => match found.next() {
            Some(answer) => answer.map_err(|error| error.to_string()),
            None => unreachable!("one answer a question"),
        },
        Err(why) => Err(why.clone()),
    });
    Ok(answers.collect())
}

/// The next line that is not blank, without its end; or what is wrong with it.
fn next_line(source: &mut impl BufRead) -> io::Result<Option<std::result::Result<String, String>>> {
    loop {
        let mut bytes = Vec::new();
        if source.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        if bytes.len() as u64 > LINE_MAX && !bytes.ends_with(b"\n") {
            source.skip_until(b'\n')?;
            return Ok(Some(Err(format!("the line is longer than {LINE_MAX} bytes"))));
        }
        match String::from_utf8(bytes) {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => return Ok(Some(Ok(line.trim_end_matches(['\n', '\r']).to_owned()))),
            Err(_) => return Ok(Some(Err("the line is not UTF-8 text".to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_as_they_come_and_hostile_ones_are_told() {
        let long = "x".repeat(100_000);
        let text = format!("a\r\n\r\n  \nb\n{long}\nc\n\n");
        let mut bytes = text.into_bytes();
        bytes.extend(b"\xff\xfe\nlast");
        let mut source = &bytes[..];
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut source).unwrap() {
            lines.push(line);
        }
        let good: Vec<&str> = lines.iter().flatten().map(String::as_str).collect();
        assert_eq!(good, ["a", "b", "c", "last"]);
        assert!(lines[2].as_ref().unwrap_err().contains("longer") && lines[4].as_ref().unwrap_err().contains("UTF-8"));
    }
}
