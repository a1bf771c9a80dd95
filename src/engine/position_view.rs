//! What rules about open positions saw and said, written down where somebody reads one path.

use super::close::Close;
use crate::book::{ComponentId, Condor, Indicator, Ledger, Order, Verdict};
use crate::strategy::Rule;
use crate::strategy::rule::{Class, Truth, Value, Workspace as RuleWorkspace};

/// A rule that was put to the positions of one component.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) component: ComponentId,
    pub(super) role: &'static str,
    pub(super) rule: &'a Rule,
}

/// Writes down what the rule that gives an order says of condors.
pub(super) fn note_condors(
    close: &Close<'_, '_>,
    (book, order): (usize, Order),
    condors: &[Condor],
    truths: &[Truth],
    rules: &RuleWorkspace,
    ledger: &mut Ledger,
) {
    if let Some((role, rule)) = close.context.rule_of(book, order) {
        let question = Question { component: ComponentId(book), role, rule };
        let whats = condors.iter().map(|condor| close.describe_position(condor));
        note_verdicts(close, question, whats, truths, rules, ledger);
    }
}

/// Writes down the answers that were given last; `positions` says what each is about.
pub(super) fn note_verdicts(
    close: &Close<'_, '_>,
    question: Question<'_>,
    positions: impl Iterator<Item = String>,
    truths: &[Truth],
    rules: &RuleWorkspace,
    ledger: &mut Ledger,
) {
    let Some(journal) = &mut ledger.journal else { return };
    let program = &close.context.program;
    let Question { component, role, rule } = question;
    for (number, (what, &truth)) in positions.zip(truths).enumerate() {
        let of_position = program.nodes().filter(|node| node.class == Class::Position);
        let saw = of_position.filter_map(|node| match program.position_value(node.id, number, rules)? {
            Value::Number(value) => Some(Indicator::new(node.label, value)),
            Value::Truth(_) => None,
        });
        let saw = saw.collect();
        let rule = rule.text().to_owned();
        journal.verdicts.push(Verdict { component, what, role, rule, holds: known(truth), saw });
    }
}

/// Whether a truth holds, where it is known.
pub(super) fn known(truth: Truth) -> Option<bool> {
    (truth != Truth::UNKNOWN).then(|| truth.holds())
}
