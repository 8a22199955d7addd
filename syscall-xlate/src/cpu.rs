//! The host's processors, as Windows describes them.

use std::sync::OnceLock;

/// A logical processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processor {
    /// `GenuineIntel`, `AuthenticAMD`, ...
    pub vendor: String,
    /// Its brand.
    pub name: String,
    /// As Windows puts it: `Intel64 Family 6 Model 85 Stepping 7`.
    pub identifier: String,
    /// CPUID's family, extended one included.
    pub family: u32,
    /// CPUID's model, extended one included.
    pub model: u32,
    /// CPUID's stepping.
    pub stepping: u32,
    /// Its clock.
    pub megahertz: u32,
}

/// The processors, in the host's order.
pub fn processors() -> &'static [Processor] {
    static PROCESSORS: OnceLock<Vec<Processor>> = OnceLock::new();
    PROCESSORS.get_or_init(|| parse(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()))
}

/// Reads the format of `/proc/cpuinfo`: lines of `name : value`, an empty line behind each processor.
fn parse(text: &str) -> Vec<Processor> {
    text.split("\n\n").filter_map(parse_one).collect()
}

fn parse_one(text: &str) -> Option<Processor> {
    let field = |wanted: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim())
    };
    field("processor")?;
    let number = |name| field(name).and_then(|value| value.parse().ok()).unwrap_or(0);
    let vendor = field("vendor_id").unwrap_or_default().to_owned();
    let (family, model, stepping) = (number("cpu family"), number("model"), number("stepping"));
    let kind = if vendor == "AuthenticAMD" { "AMD64" } else { "Intel64" };
    Some(Processor {
        name: field("model name").unwrap_or_default().to_owned(),
        identifier: format!("{kind} Family {family} Model {model} Stepping {stepping}"),
        megahertz: field("cpu MHz").and_then(|value| value.parse::<f64>().ok()).map_or(0, |value| value as u32),
        vendor,
        family,
        model,
        stepping,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_read_from_the_host_s_list() {
        let one = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2GHz\n\
                   stepping\t: 7\ncpu MHz\t\t: 2100.5\n";
        let all = parse(&format!("{one}\n{one}\n"));
        assert_eq!(all.len(), 2);
        let expected = Processor {
            vendor: "GenuineIntel".into(),
            name: "Some CPU @ 2GHz".into(),
            identifier: "Intel64 Family 6 Model 85 Stepping 7".into(),
            family: 6,
            model: 85,
            stepping: 7,
            megahertz: 2100,
        };
        assert_eq!(all[1], expected);
        assert_eq!(parse(""), []);
    }
}
