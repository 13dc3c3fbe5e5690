//! What the server tells this process: lines of JSON on standard input.

use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;
use tokio::sync::mpsc;

/// The most calls that may be asked for in a minute.
pub const MAX_CALLS_PER_MINUTE: u32 = 30;
const LINE_LIMIT: u64 = 4_096;
const WAITING: usize = 16;

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// So many callers a minute from now on, 0 to `MAX_CALLS_PER_MINUTE`; more counts as the most.
    CallsPerMinute(u32),
    /// A caller rings the vip line at once.
    CallMe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    calls_per_minute: Option<u32>,
    call_me: Option<bool>,
}

impl Control {
    /// The orders of one line: `{"calls_per_minute":4}`, `{"call_me":true}`, or both.
    pub fn parse(line: &str) -> Result<Vec<Control>, serde_json::Error> {
        let line: Line = serde_json::from_str(line)?;
        let rate = line.calls_per_minute.map(|rate| Control::CallsPerMinute(rate.min(MAX_CALLS_PER_MINUTE)));
        let call = line.call_me.filter(|call| *call).map(|_| Control::CallMe);
        Ok(rate.into_iter().chain(call).collect())
    }
}

/// Reads standard input on a thread of its own, since a read there cannot be given up; the channel closes with it.
pub(super) fn from_stdin() -> std::io::Result<mpsc::Receiver<Control>> {
    let (orders, controls) = mpsc::channel(WAITING);
    std::thread::Builder::new()
        .name("demo-stdin".to_owned())
        .spawn(move || read(std::io::stdin(), &orders))?;
    Ok(controls)
}

fn read(input: impl Read, orders: &mpsc::Sender<Control>) {
    let mut input = BufReader::new(input);
    let mut line = String::new();
    loop {
        line.clear();
        // Ends: at the end of input, on an error, or when the receiver is gone.
        match input.by_ref().take(LINE_LIMIT).read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        match Control::parse(&line) {
            Ok(parsed) => {
                for control in parsed {
                    if orders.blocking_send(control).is_err() {
                        return;
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "a control line was not understood and is left out"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_the_rate_has_a_limit() {
        let rows: [(&str, &[Control]); 5] = [
            (r#"{"calls_per_minute":4}"#, &[Control::CallsPerMinute(4)]),
            (r#"{"calls_per_minute":4000}"#, &[Control::CallsPerMinute(30)]),
            (r#"{"call_me":true}"#, &[Control::CallMe]),
            (r#"{"call_me":false}"#, &[]),
            (r#"{"calls_per_minute":0,"call_me":true}"#, &[Control::CallsPerMinute(0), Control::CallMe]),
        ];
        for (line, orders) in rows {
            assert_eq!(Control::parse(line).unwrap(), orders, "{line}");
        }
    }

    #[test]
    fn a_line_that_makes_no_sense_is_left_out_and_the_end_of_input_closes_the_channel() {
        let (orders, mut controls) = mpsc::channel(WAITING);
        read("dance\n{\"faster\":1}\n{\"call_me\":true}\n".as_bytes(), &orders);
        drop(orders);
        assert_eq!(controls.blocking_recv(), Some(Control::CallMe));
        assert_eq!(controls.blocking_recv(), None);
    }
}
