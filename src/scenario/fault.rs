//! What is wrong with a scenario: every fault with its place, what is allowed and what may have been meant.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::raw::{Place, SourceText};

/// Faults shown in full; a file with more is told their number.
const SHOWN_FAULTS: usize = 50;
/// Columns to which long lines are cut.
const TERMINAL_COLUMNS: usize = 120;

/// One fault.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    place: Place,
    title: String,
    label: String,
    also: Option<(Place, String)>,
    help: Vec<String>,
    missing: bool,
}

impl Fault {
    /// `title` says what is wrong, `label`, at the place, what is allowed.
    pub(super) fn new(place: Place, title: impl Into<String>, label: impl Into<String>) -> Self {
        Self { place, title: title.into(), label: label.into(), also: None, help: Vec::new(), missing: false }
    }

    /// Something that must be given is not; `place` is where it would stand.
    pub(super) fn missing(place: Place, title: impl Into<String>, label: impl Into<String>) -> Self {
        Self { missing: true, ..Self::new(place, title, label) }
    }

    /// Adds a line of advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds a line of advice if there is one.
    pub(super) fn maybe_help(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Adds the other side of a contradiction.
    pub(super) fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also = Some((place, label.into()));
        self
    }
}

/// All faults found so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Faults {
    all: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if !self.all.contains(&fault) {
            self.all.push(fault);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Drops what the first `count` faults, which hide keys, may have caused: nothing is said to be missing, and their own
    /// lines say nothing more.
    pub(super) fn drop_consequences_of(&mut self, count: usize, sources: &[SourceText]) {
        let line = |fault: &Fault| (fault.place.source, line_of(sources, fault.place));
        let broken: Vec<_> = self.all.iter().take(count).map(line).collect();
        let mut index = 0;
        self.all.retain(|fault| {
            index += 1;
            index <= count || !(fault.missing || broken.contains(&line(fault)))
        });
    }

    /// The report of all faults in the order of the files, in rustc's look, with terminal styles.
    pub(super) fn render(mut self, subject: &str, sources: &[SourceText]) -> String {
        self.all.sort_by_key(|fault| fault.place);
        let renderer = Renderer::styled().term_width(TERMINAL_COLUMNS);
        let mut report = String::new();
        for fault in self.all.iter().take(SHOWN_FAULTS) {
            report.push_str(&renderer.render(&[fault.group(sources)]));
            report.push_str("\n\n");
        }
        let count = self.all.len();
        let shown = if count > SHOWN_FAULTS { format!(", of which {SHOWN_FAULTS} are shown") } else { String::new() };
        let faults = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults{shown}") };
        let last = Group::with_title(Level::ERROR.primary_title(format!("{subject} has {faults}; nothing was run")));
        report.push_str(&renderer.render(&[last]));
        report.push('\n');
        report
    }
}

impl Fault {
    fn group<'a>(&'a self, sources: &'a [SourceText]) -> Group<'a> {
        let mut group = Group::with_title(Level::ERROR.primary_title(&self.title));
        let snippet = |place: Place| {
            let source = &sources[place.source];
            Snippet::source(&source.text).path(&source.name)
        };
        let primary = AnnotationKind::Primary.span(range(sources, self.place)).label(&self.label);
        group = match &self.also {
            Some((place, label)) if place.source == self.place.source => {
                let context = AnnotationKind::Context.span(range(sources, *place)).label(label);
                group.element(snippet(*place).annotation(primary).annotation(context))
            }
            Some((place, label)) => {
                let context = AnnotationKind::Context.span(range(sources, *place)).label(label);
                group.element(snippet(self.place).annotation(primary)).element(snippet(*place).annotation(context))
            }
            None => group.element(snippet(self.place).annotation(primary)),
        };
        group.elements(self.help.iter().map(|help| Level::HELP.message(help)))
    }
}

/// A range that lies inside the source, on whole characters.
fn range(sources: &[SourceText], place: Place) -> std::ops::Range<usize> {
    let text = &sources[place.source].text;
    let start = text.floor_char_boundary(place.start.min(text.len()));
    let end = text.ceil_char_boundary(place.end.clamp(start, text.len()));
    start..end
}

fn line_of(sources: &[SourceText], place: Place) -> usize {
    let text = &sources[place.source].text;
    text.as_bytes()[..place.start.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

/// The known name that `word` may have been meant to be, case and hyphens apart.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.trim().to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    let allowed = word.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word, &plain(name)), name))
        .filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `a`, `b` and `c`, each in backquotes.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Digits in groups of three.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number for people: whole ones in groups of three, others with the fewest digits that tell them apart.
#[allow(clippy::cast_possible_truncation)] // whole and small
pub(super) fn shown(number: f64) -> String {
    if number.trunc() == number && number.abs() < 1e15 { grouped(number as i64) } else { format!("{number:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_forgives_a_slip_but_not_another_word() {
        let known = ["paths", "seed", "horizon_days"];
        assert_eq!(nearest("pahts", known), Some("paths"));
        assert_eq!(nearest("Horizon-Days", known), Some("horizon_days"));
        assert_eq!(nearest("volatility", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(listed([]), "none");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
