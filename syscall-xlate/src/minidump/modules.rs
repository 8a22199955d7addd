//! The modules in a dump.

use loader::Module;
use loader::resources::version::{FixedVersion, fixed};
use loader::resources::{Language, ResourceId, TYPE_VERSION};

use super::content::{Content, stream};
use crate::Cx;

/// `VS_VERSION_INFO`: the number of the version resource.
const VERSION_INFO: u16 = 1;
/// The first fields of `VS_FIXEDFILEINFO`.
const FIXED_SIGNATURE: u32 = 0xFEEF_04BD;
const FIXED_VERSION: u32 = 0x1_0000;

/// `MINIDUMP_MODULE_LIST`
pub(super) fn write(cx: &Cx<'_>, content: &mut Content) {
    let modules = cx.process.all_modules();
    let places: Vec<_> =
        modules.iter().map(|module| (content.text(module.guest_path()), codeview(content, module))).collect();
    content.stream(stream::MODULE_LIST, |content| {
        content.u32s([modules.len() as u32]);
        for (module, (name, record)) in modules.iter().zip(places) {
            let headers = module.image().map(|image| image.headers());
            let (checksum, timestamp) = headers.map_or((0, 0), |headers| (headers.checksum, headers.timestamp));
            content.u64s([module.base()]);
            content.u32s([module.size(), checksum, timestamp, name]);
            content.u32s(version(module));
            // No record of other debug information; two reserved fields.
            content.u32s(record.into_iter().chain([0; 6]));
        }
    });
}

/// The record that names the PDB, where there is one.
fn codeview(content: &mut Content, module: &Module) -> [u32; 2] {
    let pdb = module.image().and_then(|image| image.pdb());
    pdb.map_or([0; 2], |pdb| {
        let age = pdb.age.to_le_bytes();
        content.data(&[b"RSDS", &pdb.guid[..], &age, pdb.path.as_bytes(), b"\0"].concat())
    })
}

/// `VS_FIXEDFILEINFO`; zeros for a module without.
fn version(module: &Module) -> [u32; 13] {
    let found = || {
        let image = module.image()?;
        let (kind, name) = (ResourceId::Id(TYPE_VERSION), ResourceId::Id(VERSION_INFO));
        let resource = image.find_resource(&kind, &name, Language::Prefer(0)).ok()?;
        fixed(&image.resources()?.bytes(&resource)?)
    };
    let Some(FixedVersion { file_version, product_version, flags_mask, flags, os, file_type, file_subtype }) = found()
    else {
        return [0; 13];
    };
    let halves = |version: u64| ((version >> 32) as u32, version as u32);
    let ((file, file_low), (product, product_low)) = (halves(file_version), halves(product_version));
    let head = [FIXED_SIGNATURE, FIXED_VERSION, file, file_low, product, product_low];
    let tail = [flags_mask, flags, os, file_type, file_subtype, 0, 0];
    let mut all = [0; 13];
    all.iter_mut().zip(head.into_iter().chain(tail)).for_each(|(to, from)| *to = from);
    all
}
