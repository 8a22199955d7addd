//! One line of a trace. The format is frozen: every snapshot carries it.

use std::fmt::Write;
use std::time::Duration;

use abi::{Row, Value};

/// A call as it is shown.
pub(super) struct Line<'a> {
    pub(super) dll: &'a str,
    pub(super) function: &'a str,
    pub(super) row: &'static Row,
    pub(super) depth: usize,
    /// From 1, in the order in which threads made their first call.
    pub(super) thread: usize,
    pub(super) arguments: Vec<Value>,
    /// What the call wrote behind each argument; empty when it failed.
    pub(super) written: Vec<Option<Value>>,
    /// `None` for a call that has not returned.
    pub(super) result: Option<Value>,
    pub(super) error: Option<String>,
    pub(super) started: Option<Duration>,
    pub(super) took: Option<Duration>,
    /// The call was written when it began; this is its result.
    pub(super) closes_open: bool,
}

/// The last part of a module's path, for calls that came in by no table: tests.
pub(super) fn module_stem(path: &'static str) -> &'static str {
    path.split("::").nth(1).unwrap_or(path)
}

/// True for functions that do not return to their caller.
pub(super) fn never_returns(row: &Row) -> bool {
    row.ret.contains("Infallible")
}

impl<'a> Line<'a> {
    pub(super) fn new(dll: &'a str, function: &'a str, row: &'static Row, depth: usize, arguments: Vec<Value>) -> Self {
        Self {
            dll,
            function,
            row,
            depth,
            thread: 1,
            arguments,
            written: Vec::new(),
            result: None,
            error: None,
            started: None,
            took: None,
            closes_open: false,
        }
    }

    /// Takes times out and calls `replace` on each value.
    pub(super) fn make_stable(&mut self, mut replace: impl FnMut(&mut Value)) {
        self.started = None;
        self.took = None;
        let written = self.written.iter_mut().flatten();
        for value in self.arguments.iter_mut().chain(written).chain(&mut self.result) {
            value.visit(&mut replace);
        }
    }

    /// `kernel32!ReadFile(hFile=0x4, ..., lpNumberOfBytesRead=&13, lpOverlapped=NULL) = TRUE`
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.thread > 1 {
            let _ = write!(text, "[{}] ", self.thread);
        }
        text.extend(std::iter::repeat_n("  ", self.depth));
        if self.closes_open {
            text.push_str("... ");
        }
        let _ = write!(text, "{}!{}", self.dll, self.function);
        if !self.closes_open {
            text.push('(');
            for (index, value) in self.arguments.iter().enumerate() {
                let _ = write!(
                    text,
                    "{}{}={}",
                    if index == 0 { "" } else { ", " },
                    self.name(index),
                    self.shown(index, value)
                );
            }
            text.push(')');
        } else if self.written.iter().any(Option::is_some) {
            let written = self.written.iter().enumerate();
            let mut shown =
                written.filter_map(|(index, value)| Some(format!("{}={}", self.name(index), value.as_ref()?)));
            let _ = write!(text, "({})", shown.by_ref().collect::<Vec<_>>().join(", "));
        }
        match (&self.result, &self.error) {
            (Some(result), Some(error)) => {
                let _ = write!(text, " = {result} ({error})");
            }
            (Some(Value::Nothing), None) | (None, _) => {}
            (Some(result), None) => {
                let _ = write!(text, " = {result}");
            }
        }
        text.push('\n');
        text
    }

    fn name(&self, index: usize) -> &'static str {
        self.row.params.get(index).map_or("", |param| param.name)
    }

    /// An argument with what the call wrote behind it: only that where the argument was but an address.
    fn shown(&self, index: usize, value: &Value) -> String {
        match (value, self.written.get(index).and_then(Option::as_ref)) {
            (Value::Address(_) | Value::Name(_), Some(written)) => written.to_string(),
            (value, Some(written)) if value != written => format!("{value}->{written}"),
            (value, _) => value.to_string(),
        }
    }

    /// The same as a JSON object. Times are in microseconds since the start of the trace.
    pub(super) fn json(&self) -> String {
        let mut text = format!("{{\"thread\":{},\"depth\":{}", self.thread, self.depth);
        let _ = write!(text, ",\"dll\":{},\"function\":{}", quoted(self.dll), quoted(self.function));
        if !self.closes_open {
            let arguments = self.arguments.iter().enumerate().map(|(index, value)| (self.name(index), json(value)));
            let _ = write!(text, ",\"arguments\":{}", object(arguments));
        }
        let written = self
            .written
            .iter()
            .enumerate()
            .filter_map(|(index, value)| Some((self.name(index), json(value.as_ref()?))));
        if self.written.iter().any(Option::is_some) {
            let _ = write!(text, ",\"written\":{}", object(written));
        }
        match &self.result {
            Some(result) => {
                let _ = write!(text, ",\"result\":{}", json(result));
            }
            None => text.push_str(",\"open\":true"),
        }
        if let Some(error) = &self.error {
            let _ = write!(text, ",\"error\":{}", quoted(error));
        }
        if let (Some(started), Some(took)) = (self.started, self.took) {
            let _ = write!(text, ",\"start_us\":{},\"took_us\":{}", started.as_micros(), took.as_micros());
        }
        text.push_str("}\n");
        text
    }
}

fn object<'n>(fields: impl Iterator<Item = (&'n str, String)>) -> String {
    let fields: Vec<_> = fields.map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn json(value: &Value) -> String {
    match value {
        Value::Null | Value::Nothing => "null".to_owned(),
        Value::Unsigned(number) | Value::Varying(number) => number.to_string(),
        Value::Signed(number) => number.to_string(),
        Value::Float(number) if number.is_finite() => format!("{number:?}"),
        Value::Bool(truth) => truth.to_string(),
        Value::Text(text) => quoted(text),
        Value::Struct(fields) => object(fields.iter().map(|(name, value)| (*name, json(value)))),
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::PointsTo(target) => json(target),
        Value::Hex(_) | Value::Float(_) | Value::Handle(_) | Value::Address(_) | Value::Name(_) => {
            quoted(&value.to_string())
        }
    }
}
