//! The memory in a dump.

use abi::{NtResult, fault};
use loader::image::SectionFlags;

use super::Parts;
use super::content::{Content, stream};
use super::threads::Stopped;
use crate::Cx;
use crate::memory::{MemoryType, PAGE_GUARD, PAGE_NOACCESS, PAGE_READWRITE, PAGE_WRITECOPY, Region, RegionState};

const PAGE: u64 = 4096;
/// What is written before and behind where something points to, in bytes.
const AROUND: u64 = 256;
/// Pointers on stacks that are followed.
const MOST_POINTERS: usize = 20_000;
/// Regions told of: more than any process has.
const MOST_REGIONS: usize = 1_000_000;
/// Size of an environment block, in bytes, as far as debuggers look at it.
const TEB: u64 = 0x2000;
/// `PEB::ProcessParameters`, its size in bytes, and its `UNICODE_STRING`s: current folder, DLL path, image, command line, title.
const PARAMETERS: u64 = 0x20;
const PARAMETERS_SIZE: u64 = 0x440;
const TEXTS: [u64; 5] = [0x38, 0x50, 0x60, 0x70, 0xb0];
/// The largest dump that is not a full one, in bytes: places in it have 32 bits.
const MOST: u64 = 2 << 30;

/// The memory of a dump that has not all of it: ranges, from and to.
#[derive(Default)]
pub(super) struct Selection {
    ranges: Vec<(u64, u64)>,
    /// What is in the dump already: address, size, place.
    placed: Vec<(u64, [u32; 2])>,
}

impl Selection {
    fn add_around(&mut self, pointer: u64) {
        self.ranges.push((pointer.saturating_sub(AROUND), pointer.saturating_add(AROUND)));
    }

    /// What the registers point to, and the environment blocks. Stacks have places of their own.
    pub(super) fn add_threads(&mut self, threads: &Stopped) {
        threads.pointers().for_each(|pointer| self.add_around(pointer));
        threads.tebs().filter(|&teb| teb != 0).for_each(|teb| self.ranges.push((teb, teb.saturating_add(TEB))));
    }

    /// The process's environment block, its parameters, and the texts in those.
    pub(super) fn add_process(&mut self, cx: &Cx<'_>) {
        let peb = cx.process.peb();
        self.ranges.push((peb, peb + PAGE));
        let Ok(parameters) = fault::load_u64(peb + PARAMETERS) else { return };
        self.ranges.push((parameters, parameters.saturating_add(PARAMETERS_SIZE)));
        for at in TEXTS.map(|offset| parameters.wrapping_add(offset)) {
            if let (Ok(length), Ok(text)) = (fault::load_u16(at), fault::load_u64(at.wrapping_add(8))) {
                self.ranges.push((text, text.saturating_add(length.into())));
            }
        }
    }

    pub(super) fn add_parts(&mut self, cx: &Cx<'_>, threads: &Stopped, parts: Parts) {
        if parts.contains(Parts::FULL_MEMORY) {
            return;
        }
        if parts.contains(Parts::INDIRECT_MEMORY) {
            let words = threads.stacks().flat_map(|(start, end)| (start..end).step_by(8));
            let pointers = words.filter_map(|at| fault::load_u64(at).ok()).filter(|&word| word >= 0x1_0000);
            let readable = pointers.filter(|&pointer| fault::load_u8(pointer).is_ok());
            readable.take(MOST_POINTERS).for_each(|pointer| self.add_around(pointer));
        }
        let sections = [(Parts::DATA_SEGMENTS, SectionFlags::WRITE), (Parts::CODE_SEGMENTS, SectionFlags::EXECUTE)];
        for (_, flag) in sections.into_iter().filter(|(part, _)| parts.contains(*part)) {
            for module in cx.process.all_modules() {
                let sections = module.image().map_or(&[][..], |image| image.sections());
                self.ranges.extend(sections.iter().filter(|section| section.flags.contains(flag)).map(|section| {
                    let start = module.base() + u64::from(section.rva);
                    (start, start + u64::from(section.extent()))
                }));
            }
        }
        if parts.contains(Parts::PRIVATE_MEMORY) {
            let writable = |region: &Region| {
                region.kind == Some(MemoryType::Private)
                    && matches!(region.protect & 0xff, PAGE_READWRITE | PAGE_WRITECOPY)
            };
            self.ranges
                .extend(all(cx).into_iter().filter(writable).map(|region| (region.base, region.base + region.size)));
        }
    }

    /// Puts a range into the dump now; gives its size and place.
    pub(super) fn place(&mut self, content: &mut Content, start: u64, end: u64) -> [u32; 2] {
        match readable(start, end).into_iter().next().filter(|(at, _)| *at == start) {
            Some((_, bytes)) => {
                let place = content.data(&bytes);
                self.placed.push((start, place));
                place
            }
            None => [0; 2],
        }
    }

    /// `MINIDUMP_MEMORY_LIST`
    pub(super) fn write(mut self, content: &mut Content) {
        let placed: Vec<_> = self.placed.iter().map(|&(start, [size, _])| (start, start + u64::from(size))).collect();
        for (start, end) in apart(&merged(std::mem::take(&mut self.ranges)), &merged(placed)) {
            if u64::from(content.here()) + (end - start) > MOST {
                break;
            }
            for (at, bytes) in readable(start, end) {
                let place = content.data(&bytes);
                self.placed.push((at, place));
            }
        }
        self.placed.sort_unstable();
        content.stream(stream::MEMORY_LIST, |content| {
            content.u32s([self.placed.len() as u32]);
            for (start, place) in &self.placed {
                content.u64s([*start]);
                content.u32s(*place);
            }
        });
    }
}

/// Ranges in order, those that meet made one.
fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut all: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges.into_iter().filter(|(start, end)| start < end) {
        match all.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => all.push((start, end)),
        }
    }
    all
}

/// What of `ranges` is in none of `others`; both are merged.
fn apart(ranges: &[(u64, u64)], others: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut all = Vec::new();
    for &(mut start, end) in ranges {
        for &(from, to) in others {
            if from >= end || to <= start {
                continue;
            }
            if start < from {
                all.push((start, from));
            }
            start = start.max(to).min(end);
        }
        if start < end {
            all.push((start, end));
        }
    }
    all
}

/// The parts of a range that can be read, with what is there.
fn readable(start: u64, end: u64) -> Vec<(u64, Vec<u8>)> {
    let mut parts: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut at = start;
    while at < end {
        let next = end.min((at / PAGE + 1).saturating_mul(PAGE));
        let mut page = [0; PAGE as usize];
        let page = &mut page[..(next - at) as usize];
        if fault::read(at, page).is_ok() {
            match parts.last_mut() {
                Some((from, bytes)) if *from + bytes.len() as u64 == at => bytes.extend_from_slice(page),
                _ => parts.push((at, page.to_vec())),
            }
        }
        at = next;
    }
    parts
}

/// All regions, those above what a program may use left out.
fn regions(cx: &Cx<'_>) -> impl Iterator<Item = Region> {
    let mut at = Some(0);
    std::iter::from_fn(move || {
        let region = cx.process.memory.query(at?).ok()?;
        at = region.base.checked_add(region.size.max(PAGE));
        Some(region)
    })
    .take(MOST_REGIONS)
}

/// All memory that can be read.
pub(super) fn all(cx: &Cx<'_>) -> Vec<Region> {
    let can_be_read = |region: &Region| {
        region.state == RegionState::Committed
            && region.protect & PAGE_GUARD == 0
            && region.protect & 0xff != PAGE_NOACCESS
    };
    regions(cx).filter(can_be_read).collect()
}

/// `MINIDUMP_MEMORY_INFO_LIST`
pub(super) fn write_info(cx: &Cx<'_>, content: &mut Content) {
    let regions: Vec<_> = regions(cx).collect();
    content.stream(stream::MEMORY_INFO_LIST, |content| {
        content.u32s([16, 48]);
        content.u64s([regions.len() as u64]);
        for region in regions {
            content.u64s([region.base, region.allocation_base]);
            content.u32s([region.allocation_protect, 0]);
            content.u64s([region.size]);
            content.u32s([region.state.bits(), region.protect, region.kind.map_or(0, MemoryType::bits), 0]);
        }
    });
}

/// `MINIDUMP_MEMORY64_LIST`: the memory itself is what follows all else.
pub(super) fn write_full_list(content: &mut Content, regions: &[Region]) {
    content.stream(stream::MEMORY64_LIST, |content| {
        let end = u64::from(content.here()) + 16 + 16 * regions.len() as u64;
        content.u64s([regions.len() as u64, end]);
        regions.iter().for_each(|region| content.u64s([region.base, region.size]));
    });
}

/// Writes all memory. What cannot be read after all is zeros.
pub(super) fn write_full(regions: &[Region], mut sink: impl FnMut(&[u8]) -> NtResult<()>) -> NtResult<()> {
    const PIECE: u64 = 16 * PAGE;
    let mut piece = vec![0; PIECE as usize];
    for region in regions {
        for offset in (0..region.size).step_by(PIECE as usize) {
            let size = PIECE.min(region.size - offset) as usize;
            for (index, page) in piece[..size].chunks_mut(PAGE as usize).enumerate() {
                let at = region.base + offset + index as u64 * PAGE;
                if fault::read(at, page).is_err() {
                    page.fill(0);
                }
            }
            sink(&piece[..size])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_and_cut() {
        let ranges = merged(vec![(50, 60), (0, 10), (5, 20), (20, 30), (70, 70)]);
        assert_eq!(ranges, [(0, 30), (50, 60)]);
        assert_eq!(apart(&ranges, &[(0, 5), (10, 12), (29, 55)]), [(5, 10), (12, 29), (55, 60)]);
        assert_eq!(apart(&ranges, &[]), ranges);
        assert_eq!(apart(&ranges, &[(0, 100)]), []);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        crate::signals::install();
        let bytes = [1_u8, 2, 3];
        let start = bytes.as_ptr() as u64;
        let found: Vec<u8> = readable(start, start + 3).into_iter().flat_map(|(_, bytes)| bytes).collect();
        assert_eq!(found, bytes);
        assert_eq!(readable(0, 0x2000), []);
    }
}
