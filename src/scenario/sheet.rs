//! A CSV file of questions: a heading of column names, then one question a line.
//!
//! Cells stand between commas; one that holds a comma or a quote stands in double quotes, with quotes inside it doubled. A
//! line is a row: no cell goes over several lines, so that one bad line spoils no other.

use crate::error::{Error, Result};

use super::fault::{listed, nearest};
use super::inputs::{Inputs, NUMBERS, PriceKind, quoted};

/// Columns that are carried along unread.
const CARRIED: [&str; 8] = ["id", "name", "label", "set", "source", "note", "comment", "expected"];
/// Columns that the answers add.
const ADDED: [&str; 2] = ["value", "error"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Kind,
    Option,
    Number(&'static str),
    Carried,
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    columns: Vec<Column>,
    /// The heading's cells.
    pub heading: Vec<String>,
}

impl Sheet {
    /// Reads the heading.
    ///
    /// # Errors
    /// Columns that are unknown or stand there twice, and no `kind`.
    pub fn new(heading: &str) -> Result<Self> {
        let cells = split(heading).map_err(|why| Error::Usage(format!("the heading cannot be read: {why}")))?;
        let mut sheet = Self { columns: Vec::new(), heading: Vec::new() };
        let mut faults = Vec::new();
        for cell in cells {
            let name = cell.trim();
            if sheet.heading.iter().any(|other| other == name) {
                faults.push(format!("the column {} stands there twice", quoted(name)));
            }
            match column(name) {
                Ok(column) => sheet.columns.push(column),
                Err(why) => faults.push(why),
            }
            sheet.heading.push(name.to_owned());
        }
        if faults.is_empty() && !sheet.columns.contains(&Column::Kind) {
            faults.push(format!(
                "there is no column `kind`; the first line must name the columns, such as {}",
                listed(["kind", "spot", "strike"])
            ));
        }
        if faults.is_empty() { Ok(sheet) } else { Err(Error::Usage(faults.join("\n"))) }
    }

    /// The cells of a line and what they ask.
    ///
    /// # Errors
    /// The second part: what is wrong with the line.
    pub fn read(&self, line: &str) -> (Vec<String>, std::result::Result<(PriceKind, Inputs), String>) {
        match split(line) {
            Ok(cells) => {
                let asked = self.read_cells(&cells);
                (cells, asked)
            }
            Err(why) => (vec![line.to_owned()], Err(why)),
        }
    }

    fn read_cells(&self, cells: &[String]) -> std::result::Result<(PriceKind, Inputs), String> {
        if cells.len() != self.columns.len() {
            return Err(format!("the line has {} cells, but there are {} columns", cells.len(), self.columns.len()));
        }
        let (mut kind, mut inputs) = (None, Inputs::default());
        for (column, cell) in self.columns.iter().zip(cells) {
            match column {
                Column::Kind if cell.trim().is_empty() => {}
                Column::Kind => kind = Some(PriceKind::from_name(cell)?),
                Column::Option => inputs.read_option(cell)?,
                Column::Number(name) => inputs.read(name, cell)?,
                Column::Carried => {}
            }
        }
        kind.map(|kind| (kind, inputs)).ok_or_else(|| "kind is missing".to_owned())
    }
}

fn column(name: &str) -> std::result::Result<Column, String> {
    if name == "kind" {
        return Ok(Column::Kind);
    }
    if name == "option" {
        return Ok(Column::Option);
    }
    if let Some((name, _)) = NUMBERS.iter().find(|(own, _)| *own == name) {
        return Ok(Column::Number(name));
    }
    if CARRIED.contains(&name) {
        return Ok(Column::Carried);
    }
    if ADDED.contains(&name) {
        return Err(format!("the column `{name}` is one that the answers add"));
    }
    if name.is_empty() {
        return Err("a column has no name".to_owned());
    }
    let known = NUMBERS.iter().map(|(name, _)| *name).chain(["kind", "option"]);
    let help = match (nearest(name, known), name.contains([';', '\t'])) {
        (_, true) => "; columns are separated by commas".to_owned(),
        (Some(near), _) => format!("; did you mean `{near}`?"),
        (None, _) => format!("; {} are carried along unread", listed(CARRIED)),
    };
    Err(format!("unknown column {}{help}", quoted(name)))
}

/// The cells of a line.
///
/// # Errors
/// Quotes that do not match.
pub(super) fn split(line: &str) -> std::result::Result<Vec<String>, String> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = match rest.trim_start_matches(' ').strip_prefix('"') {
            Some(inside) => quoted_cell(inside)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return Err("a quote inside a cell that does not begin with one".to_owned());
                }
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        cells.push(cell);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(cells),
        }
    }
}

/// A cell whose opening quote is behind us, and what comes after it, from a comma on.
fn quoted_cell(inside: &str) -> std::result::Result<(String, &str), String> {
    let mut cell = String::new();
    let mut rest = inside;
    while let Some(end) = rest.find('"') {
        cell.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                cell.push('"');
                rest = next;
            }
            None => {
                let behind = rest.trim_start_matches(' ');
                let ends = behind.is_empty() || behind.starts_with(',');
                return if ends { Ok((cell, behind)) } else { Err("text behind a closing quote".to_owned()) };
            }
        }
    }
    Err("a quote is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_split_as_in_any_csv() {
        let cells = |line: &str| split(line).unwrap();
        assert_eq!(cells("a,b,c"), ["a", "b", "c"]);
        assert_eq!(cells(""), [""]);
        assert_eq!(cells(",,"), ["", "", ""]);
        assert_eq!(cells("\"a,b\", \"say \"\"x\"\"\" ,c"), ["a,b", "say \"x\"", "c"]);
        for wrong in ["\"a", "\"a\"b,c", "a\"b", "\"\"\""] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headings_say_all_that_is_wrong_with_them() {
        let wrong = |heading: &str| Sheet::new(heading).unwrap_err().to_string();
        assert!(wrong("kind,sport").contains("did you mean `spot`?"));
        assert!(wrong("kind,spot,spot").contains("`spot` stands there twice"));
        assert!(wrong("spot,strike").contains("no column `kind`"));
        assert!(wrong("kind;spot;strike").contains("separated by commas"));
        assert!(wrong("kind,spot,value").contains("answers add"));
        assert!(wrong("kind,,spot").contains("no name"));
        assert!(
            wrong("kind,frequency,sport").contains("`frequency`") && wrong("kind,frequency,sport").contains("`sport`")
        );
        assert!(Sheet::new(" kind ,\"spot\",id").is_ok());
    }

    #[test]
    fn lines_are_read_one_by_one() {
        let sheet = Sheet::new("kind,id,spot,years,option").unwrap();
        let (cells, asked) = sheet.read("put,x,5_000,30/365,");
        assert_eq!(cells.len(), 5);
        assert!(asked.unwrap_err().contains("spot is `5_000`"));
        let (_, asked) = sheet.read(" vix_future ,x, 5e3 ,30/365,put");
        let (kind, inputs) = asked.unwrap();
        assert_eq!(
            (kind, inputs.get("spot"), inputs.get("years")),
            (PriceKind::VixFuture, Some(5e3), Some(30.0 / 365.0))
        );
        assert_eq!((inputs.is_call, inputs.get("rate")), (Some(false), None));
        for (line, words) in [
            ("put,x,1", "3 cells"),
            (",x,1,1,", "kind is missing"),
            ("vix_futures,x,1,1,", "did you mean `vix_future`?"),
            ("put,x,1,1,both", "`call` or `put`"),
            ("put,x,1,1,\"", "not closed"),
        ] {
            assert!(sheet.read(line).1.unwrap_err().contains(words), "{line}");
        }
    }
}
