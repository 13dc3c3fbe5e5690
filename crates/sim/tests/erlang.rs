//! The production engine in the simulator agrees with Erlang C and Erlang A. The seed is fixed; intervals are of 99.9 %
//! each, so that by Boole's inequality all 84 figures hold together in at least 91 of 100 seeds. Longer:
//! `cargo run --release -p sim -- erlang`.

use sim::erlang::{Run, Setting, measure, settings};

const RUN: Run = Run { seed: 1, batch: 5.0 };

fn agrees(which: impl Fn(&Setting) -> bool) {
    let chosen: Vec<Setting> = settings().filter(which).collect();
    assert!(chosen.len() >= 6, "{} settings", chosen.len());
    for setting in chosen {
        let expected = setting.expected().expect("a steady state");
        let measured = measure(&setting, RUN);
        let differs = measured.differs(&expected);
        assert!(differs.is_empty(), "{differs:?} at {setting:?}: {expected:?} and {measured:?}");
        assert!(measured.waiting.half_width < 0.25, "the interval says nothing: {measured:?} at {setting:?}");
    }
}

#[test]
fn without_patience_small_teams_agree_with_erlang_c() {
    agrees(|setting| setting.patience_s.is_none() && setting.agents <= 14);
}

#[test]
fn without_patience_large_teams_agree_with_erlang_c() {
    agrees(|setting| setting.patience_s.is_none() && setting.agents > 14);
}

#[test]
fn with_patience_small_teams_agree_with_erlang_a() {
    agrees(|setting| setting.patience_s.is_some() && setting.agents <= 28);
}

#[test]
fn with_patience_large_teams_agree_with_erlang_a() {
    agrees(|setting| setting.patience_s.is_some() && setting.agents > 28);
}

/// The comparison can fail: with other agents, handle times or patience the same formulas are refused.
#[test]
fn another_queue_is_told_apart() {
    let setting = |agents, load: f64, patience_s| Setting {
        agents,
        calls_per_hour: load * 20.0,
        handle_s: 180.0,
        patience_s,
        target_s: 20.0,
    };
    let pairs = [
        (setting(14, 10.0, None), setting(13, 10.0, None)),
        (setting(14, 10.0, None), setting(14, 10.0, Some(60.0))),
        (setting(14, 10.0, Some(60.0)), setting(14, 12.0, Some(60.0))),
        (setting(8, 10.0, Some(300.0)), setting(8, 10.0, Some(120.0))),
    ];
    for (real, other) in pairs {
        let measured = measure(&real, Run { seed: 1, batch: 50.0 });
        let (same, else_) = (real.expected().expect("steady"), other.expected().expect("steady"));
        assert_eq!(measured.differs(&same), Vec::<&str>::new(), "{real:?}");
        assert!(!measured.differs(&else_).is_empty(), "{other:?} is taken for {real:?}: {measured:?}");
    }
}
