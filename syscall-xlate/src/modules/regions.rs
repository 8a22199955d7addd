//! The modules' pages in the books of the address space, where `VirtualQuery` finds them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use loader::Module;
use loader::image::{Section, SectionFlags};

use crate::Process;
use crate::memory::{
    PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_WRITECOPY, PAGE_NOACCESS, PAGE_READONLY, PAGE_WRITECOPY, Protection,
};
use crate::service::{Traps, code};

/// Which modules are entered, by base.
#[derive(Default)]
pub(super) struct Regions(Mutex<HashSet<u64>>);

impl Regions {
    /// Enters the images of new modules and takes out those of modules that are gone.
    pub(super) fn update(&self, process: &Process, modules: &[Arc<Module>]) {
        let memory = &process.memory;
        let mut entered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present: HashSet<u64> = modules.iter().map(|module| module.base()).collect();
        for gone in entered.difference(&present) {
            memory.unregister(*gone);
        }
        for module in modules.iter().filter(|module| !entered.contains(&module.base())) {
            if let Some(shim) = module.shim() {
                let page = |executes: bool, writes: bool| match (executes, writes) {
                    (true, _) => PAGE_EXECUTE_READ,
                    (false, true) => PAGE_WRITECOPY,
                    (false, false) => PAGE_READONLY,
                };
                let sections = shim.sections().map(|(range, executes, writes)| {
                    (u64::from(range.start), u64::from(range.end - range.start), page(executes, writes))
                });
                let known = sections
                    .into_iter()
                    .filter_map(|(from, size, page)| Some((from, size, Protection::new(page).ok()?)));
                memory.register_image(module.base(), u64::from(module.size()), known);
            }
            if let Some(image) = module.image() {
                let headers = [(0, u64::from(image.headers().size_of_headers), PAGE_READONLY)];
                let sections = image
                    .sections()
                    .iter()
                    .map(|section| (u64::from(section.rva), u64::from(section.extent()), protection(section)));
                let all = headers.into_iter().chain(sections);
                let known = all.filter_map(|(from, size, page)| Some((from, size, Protection::new(page).ok()?)));
                memory.register_image(module.base(), u64::from(module.size()), known);
                look_at_code(process, module.base(), image.sections());
            }
        }
        *entered = present;
    }
}

/// Nothing of a new module has run yet: what it could call the kernel with is dealt with now.
fn look_at_code(process: &Process, base: u64, sections: &[Section]) {
    for section in sections.iter().filter(|section| section.flags.contains(SectionFlags::EXECUTE)) {
        match section.flags.contains(SectionFlags::WRITE) {
            true => process.services.arm(process, Traps::Guest),
            false => code::look_at(process, base + u64::from(section.rva), section.extent().into()),
        }
    }
}

/// `PAGE_*` of a section: what can be written is the process's own copy.
fn protection(section: &Section) -> u32 {
    let has = |flag| section.flags.contains(flag);
    match (has(SectionFlags::EXECUTE), has(SectionFlags::WRITE), has(SectionFlags::READ)) {
        (true, true, _) => PAGE_EXECUTE_WRITECOPY,
        (true, false, true) => PAGE_EXECUTE_READ,
        (true, false, false) => PAGE_EXECUTE,
        (false, true, _) => PAGE_WRITECOPY,
        (false, false, true) => PAGE_READONLY,
        (false, false, false) => PAGE_NOACCESS,
    }
}
