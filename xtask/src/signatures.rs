//! Every shim has the parameters of Microsoft's metadata: as many, by the same names, of the same width on x64 and x86.

use abi::Row;
use syscall_xlate::dll::Target;
use windows_metadata::reader::Index;

use crate::metadata::{self, Function, size_of_argument};

/// Parameters whose name in the metadata is not the documentation's: (function, metadata's name, documentation's name).
const NAMED_OTHERWISE: &[(&str, &str, &str)] = &[("ZwFlushBuffersFileEx", "FLags", "Flags")];

/// The first way in which the shim differs from all functions of that name; `None` for a function the metadata does not have.
fn difference(index: &Index, dll: &str, name: &str, row: &Row) -> Option<String> {
    let mut candidates = Function::find(index, name);
    if candidates.iter().any(|candidate| candidate.dll == dll) {
        candidates.retain(|candidate| candidate.dll == dll);
    }
    let differences: Option<Vec<String>> =
        candidates.iter().map(|candidate| difference_from(index, candidate, row)).collect();
    differences?.into_iter().next()
}

fn difference_from(index: &Index, function: &Function, row: &Row) -> Option<String> {
    let name = &function.name;
    if function.parameters.len() != row.params.len() && !row.variadic {
        return Some(format!("{name} has {} parameters, the shim {}", function.parameters.len(), row.params.len()));
    }
    function.parameters.iter().zip(row.params).find_map(|(theirs, ours)| {
        let is_other_name = NAMED_OTHERWISE.contains(&(name, &theirs.name, ours.name));
        if theirs.name != ours.name && !theirs.name.starts_with("param") && !is_other_name {
            return Some(format!("{name}: the parameter {} is called {} by the shim", theirs.name, ours.name));
        }
        let size = size_of_argument(index, &theirs.ty)?;
        (size.x64 != ours.size || size.x86 != ours.size32).then(|| {
            format!(
                "{name}: {} takes {} bytes on x64 and {} on x86 ({:?}); the shim's type {} takes {} and {}",
                ours.name, size.x64, size.x86, theirs.ty, ours.ty, ours.size, ours.size32
            )
        })
    })
}

mod tests {
    use abi::{Entry, Param, ParamKind, Support};

    use super::*;

    #[test]
    fn every_shim_has_microsofts_parameters() {
        let index = metadata::load().unwrap();
        let mut differences = Vec::new();
        for dll in api_shims::dlls() {
            for export in dll.exports.iter() {
                if let Target::Code(row) = export.target {
                    let difference = difference(&index, dll.stem(), export.name, row);
                    differences.extend(difference.map(|difference| format!("{}!{difference}", dll.stem())));
                }
            }
        }
        assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    }

    #[test]
    fn a_wrong_count_a_wrong_name_and_a_wrong_width_are_found() {
        let index = metadata::load().unwrap();
        let check = |params: &'static [Param]| {
            let entry = Entry(std::ptr::null());
            let row = Row {
                name: "Sleep",
                doc: "",
                support: Support::Full,
                params,
                ret: "()",
                module: "",
                variadic: false,
                plain: entry,
                traced: entry,
            };
            difference(&index, "kernel32", "Sleep", &row)
        };
        assert_eq!(
            check(&[Param { name: "dwMilliseconds", ty: "u32", size: 4, size32: 4, kind: ParamKind::Value }]),
            None
        );
        assert_eq!(check(&[]).unwrap(), "Sleep has 1 parameters, the shim 0");
        let misnamed = check(&[Param { name: "time", ty: "u32", size: 4, size32: 4, kind: ParamKind::Value }]).unwrap();
        assert_eq!(misnamed, "Sleep: the parameter dwMilliseconds is called time by the shim");
        let wide =
            check(&[Param { name: "dwMilliseconds", ty: "u64", size: 8, size32: 8, kind: ParamKind::Value }]).unwrap();
        assert!(wide.contains("takes 4 bytes on x64"), "{wide}");
    }
}
