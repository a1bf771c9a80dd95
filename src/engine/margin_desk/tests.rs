//! What margin passes over in one look, against a closer one.

use super::*;

/// A track with figures drawn so that every condition holds or fails now and then, its margin and its debit.
fn drawn(uniform: &mut impl FnMut() -> f64) -> (MarginTrack, f64, f64) {
    let mut track = MarginTrack::default();
    track.reset(1, 1e6);
    track.equity[0] = 1e6 * (1.2 * uniform() - 0.1);
    track.cash[0] = 1e6 * (1.2 * uniform() - 0.1);
    track.worst_use[0] = uniform();
    track.lowest_excess[0] = 1e6 * (uniform() - 0.3);
    track.lowest_quick[0] = 20.0 * uniform();
    track.called[0] = (uniform() < 0.1).then_some(0);
    track.ruined[0] = i32::from(uniform() < 0.1);
    let margin = if uniform() < 0.2 { 0.0 } else { 1e6 * uniform() * uniform() };
    (track, margin, 2e5 * uniform() * uniform())
}

#[test]
fn what_is_quiet_changes_nothing_on_a_closer_look() {
    let mut seed = 7_u64;
    let mut uniform = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let rules = MarginRules::default();
    let mut quiet = 0;
    for trial in 0..200_000 {
        let (mut track, margin, debit) = drawn(&mut uniform);
        if !track.is_quiet(0, margin, debit, &rules) {
            continue;
        }
        quiet += 1;
        let told = |track: &MarginTrack| [track.worst_use[0], track.lowest_excess[0], track.lowest_quick[0]];
        let before = told(&track);
        assert!(!track.hangs_on(0, margin, rules.initial), "{trial}: {track:?} hangs on {margin}");
        assert!(track.equity[0] > rules.calls.ruin_below && track.ruined[0] == 0 && track.called[0].is_none());
        // As if the bound were the requirement, and for anything below it.
        for share in [1.0, 0.5, 0.0] {
            assert!(!track.note(0, share * margin), "{trial}: {track:?} is short of {margin}");
            track.note_quick(0, 0.0, debit);
        }
        assert_eq!(told(&track).map(f64::to_bits), before.map(f64::to_bits), "{trial}: {margin}, {debit}");
        assert_eq!(track.days_in_call[0], 0);
    }
    assert!(quiet > 1_000, "{quiet} quiet ones");
}
