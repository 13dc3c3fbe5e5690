//! The settings at which simulator and formulas are compared, from 2 to 500 agents.

use super::Setting;

/// Agents, load in erlangs, mean handle time, mean patience, threshold, in seconds.
type Row = (u32, f64, f64, Option<f64>, f64);

const ROWS: [Row; 24] = [
    (2, 1.0, 180.0, None, 20.0),
    (3, 2.0, 120.0, None, 20.0),
    (5, 3.5, 240.0, None, 30.0),
    (8, 5.0, 300.0, None, 20.0),
    (14, 10.0, 180.0, None, 20.0),
    (13, 10.0, 180.0, None, 20.0),
    (25, 20.0, 180.0, None, 60.0),
    (30, 24.0, 240.0, None, 20.0),
    (45, 38.0, 600.0, None, 30.0),
    (110, 98.0, 300.0, None, 20.0),
    (200, 184.0, 120.0, None, 10.0),
    (500, 475.0, 60.0, None, 5.0),
    (2, 1.5, 180.0, Some(60.0), 20.0),
    (5, 5.0, 120.0, Some(90.0), 20.0),
    (8, 10.0, 180.0, Some(300.0), 20.0),
    (14, 10.0, 180.0, Some(300.0), 20.0),
    (24, 24.0, 240.0, Some(120.0), 20.0),
    (28, 24.0, 240.0, Some(120.0), 20.0),
    (50, 48.0, 60.0, Some(120.0), 20.0),
    (60, 75.0, 180.0, Some(60.0), 20.0),
    (95, 100.0, 300.0, Some(180.0), 20.0),
    (110, 100.0, 300.0, Some(60.0), 20.0),
    (200, 200.0, 120.0, Some(60.0), 10.0),
    (500, 500.0, 60.0, Some(120.0), 5.0),
];

/// All of them.
pub fn settings() -> impl Iterator<Item = Setting> {
    ROWS.into_iter().map(|(agents, load, handle_s, patience_s, target_s)| Setting {
        agents,
        calls_per_hour: load * 3_600.0 / handle_s,
        handle_s,
        patience_s,
        target_s,
    })
}
