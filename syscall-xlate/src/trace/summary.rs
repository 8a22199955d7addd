//! Counts and times of calls.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// What was called how often.
#[derive(Default)]
pub(super) struct Summary(BTreeMap<(String, String), Count>);

#[derive(Default)]
struct Count {
    calls: u64,
    errors: u64,
    took: Duration,
}

impl Summary {
    /// Counts a call.
    pub(super) fn add(&mut self, dll: &str, function: &str, failed: bool, took: Duration) {
        let count = self.0.entry((dll.to_owned(), function.to_owned())).or_default();
        count.calls += 1;
        count.errors += u64::from(failed);
        count.took += took;
    }

    /// Writes the table: most time first, or most calls first and no times when it must be `stable`.
    ///
    /// # Errors
    /// The output's.
    pub(super) fn write(&self, output: &mut impl Write, stable: bool) -> io::Result<()> {
        let mut rows: Vec<_> = self.0.iter().collect();
        rows.sort_by_key(|(_, count)| {
            std::cmp::Reverse(if stable { u128::from(count.calls) } else { count.took.as_nanos() })
        });
        let whole = rows.iter().map(|(_, count)| count.took.as_secs_f64()).sum::<f64>().max(f64::MIN_POSITIVE);
        if stable {
            writeln!(output, "{:>9} {:>8}  function", "calls", "errors")?;
        } else {
            writeln!(
                output,
                "{:>7} {:>12} {:>10} {:>9} {:>8}  function",
                "% time", "microseconds", "us/call", "calls", "errors"
            )?;
        }
        for ((dll, function), count) in rows {
            let Count { calls, errors, took } = count;
            if !stable {
                let micros = took.as_secs_f64() * 1e6;
                write!(
                    output,
                    "{:7.2} {micros:12.0} {:10.2} ",
                    took.as_secs_f64() / whole * 100.0,
                    micros / *calls as f64
                )?;
            }
            writeln!(output, "{calls:9} {errors:8}  {dll}!{function}")?;
        }
        Ok(())
    }
}
