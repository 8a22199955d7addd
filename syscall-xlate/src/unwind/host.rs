//! Unwinding our own frames: what lies on a guest's stack between a guest's call and a callback of the guest's, or a fault we raise.
//!
//! Compilers describe every function in `.eh_frame`, with all registers that it saves; an entry in the Windows convention saves those that the
//! guest's caller counts on. So a call costs nothing for being unwound, and the guest's registers at its call are found when they are needed.

use std::sync::OnceLock;

use abi::{CONTEXT, Fault, fault};
use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, LittleEndian, ParsedEhFrameHdr, Register, RegisterRule,
    UnwindContext, UnwindContextStorage, UnwindSection, UnwindTableRow, X86_64,
};

use crate::low;

type Bytes = EndianSlice<'static, LittleEndian>;

/// Room for the rules of one function, without allocation: 16 integer and 16 XMM registers at most.
struct Storage;

impl UnwindContextStorage<usize> for Storage {
    type Rules = [(Register, RegisterRule<usize>); 34];
    type Stack = [UnwindTableRow<usize, Self>; 3];
}

/// The frame descriptions of the object that we are in.
struct Descriptions {
    header: ParsedEhFrameHdr<Bytes>,
    frames: EhFrame<Bytes>,
    bases: BaseAddresses,
}

/// The result of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The context is the caller's now.
    Caller,
    /// The function has no caller that could be told of.
    End,
}

/// Why a frame of ours cannot be unwound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostError {
    /// The address belongs to no function of ours, or to one whose description we do not understand.
    Unknown,
    /// The stack cannot be read.
    Fault(Fault),
}

impl From<Fault> for HostError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<gimli::Error> for HostError {
    fn from(_: gimli::Error) -> Self {
        Self::Unknown
    }
}

/// Finds the descriptions, so that a signal handler need not.
pub(crate) fn prepare() {
    descriptions();
}

fn descriptions() -> Option<&'static Descriptions> {
    static FOUND: OnceLock<Option<Descriptions>> = OnceLock::new();
    FOUND.get_or_init(find).as_ref()
}

/// Turns `context`, at a return address in a function of ours, into that of its caller. After an error it is worthless.
pub(crate) fn unwind_host(context: &mut CONTEXT) -> Result<Step, HostError> {
    // The call is before the return address, which may lie behind the function's end.
    unwind_at(context, context.Rip.wrapping_sub(1))
}

/// As [`unwind_host`], for a context at an instruction that was interrupted.
pub(crate) fn unwind_interrupted_host(context: &mut CONTEXT) -> Result<Step, HostError> {
    unwind_at(context, context.Rip)
}

fn unwind_at(context: &mut CONTEXT, address: u64) -> Result<Step, HostError> {
    let Descriptions { header, frames, bases } = descriptions().ok_or(HostError::Unknown)?;
    let table = header.table().ok_or(HostError::Unknown)?;
    let description = table.fde_for_address(frames, bases, address, EhFrame::cie_from_offset)?;
    let mut room = UnwindContext::<usize, Storage>::new_in();
    let row = description.unwind_info_for_address(frames, bases, &mut room, address)?;
    let frame = match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => {
            context.integer[integer(*register).ok_or(HostError::Unknown)?].wrapping_add_signed(*offset)
        }
        CfaRule::Expression(_) => return Err(HostError::Unknown),
    };
    context.set_rsp(frame);
    let mut returns = Err(HostError::Unknown);
    for (register, rule) in row.registers() {
        let at = match rule {
            RegisterRule::Offset(offset) => frame.wrapping_add_signed(*offset),
            RegisterRule::SameValue => continue,
            RegisterRule::Undefined if *register == X86_64::RA => return Ok(Step::End),
            RegisterRule::Undefined => continue,
            _ => return Err(HostError::Unknown),
        };
        if *register == X86_64::RA {
            returns = fault::load_u64(at).map_err(HostError::Fault);
        } else if let Some(number) = integer(*register) {
            context.integer[number] = fault::load_u64(at)?;
        } else if let Some(number) = register.0.checked_sub(X86_64::XMM0.0).filter(|&number| number < 16) {
            let mut value = [0; 16];
            fault::read(at, &mut value)?;
            context.xmm[usize::from(number)] = u128::from_le_bytes(value);
        }
    }
    context.Rip = returns?;
    Ok(if context.Rip == 0 { Step::End } else { Step::Caller })
}

/// Our index of a register by DWARF's number (System V ABI, "DWARF Register Number Mapping").
fn integer(register: Register) -> Option<usize> {
    const ORDER: [u8; 16] = [0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
    ORDER.get(usize::from(register.0)).map(|&number| usize::from(number))
}

/// True for an address in a function of ours that can be unwound.
pub(crate) fn is_known(address: u64) -> bool {
    descriptions().is_some_and(|found| {
        let description = found
            .header
            .table()
            .map(|table| table.fde_for_address(&found.frames, &found.bases, address, EhFrame::cie_from_offset));
        description.is_some_and(|description| description.is_ok_and(|description| description.contains(address)))
    })
}

/// Where the function of ours begins that an address is in.
pub(crate) fn function_start(address: u64) -> Option<u64> {
    let found = descriptions()?;
    let table = found.header.table()?;
    let description = table.fde_for_address(&found.frames, &found.bases, address, EhFrame::cie_from_offset).ok()?;
    description.contains(address).then(|| description.initial_address())
}

/// True for an address that is not the guest's.
pub(crate) fn is_host(address: u64) -> bool {
    address >= low::END
}

/// Looks for the descriptions of the object that this function is in.
fn find() -> Option<Descriptions> {
    let mut places = Places { own: find as *const () as u64, header: None, segment: None };
    // SAFETY: the callback gets the pointer passed here, which is good until the call returns.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut places).cast()) };
    let (header, segment) = (places.header?, places.segment?);
    // SAFETY: both lie in a read-only segment of the object that this code is in, which is never unloaded.
    let slice = |from: u64, to: u64| unsafe {
        std::slice::from_raw_parts(from as *const u8, usize::try_from(to.saturating_sub(from)).unwrap_or_default())
    };
    let bases = BaseAddresses::default().set_eh_frame_hdr(header.0);
    let parsed = EhFrameHdr::new(slice(header.0, header.1), LittleEndian).parse(&bases, 8).ok()?;
    let frames = parsed.eh_frame_ptr().direct().ok().filter(|frames| (segment.0..segment.1).contains(frames))?;
    let bases = bases.set_eh_frame(frames);
    Some(Descriptions { header: parsed, frames: EhFrame::new(slice(frames, segment.1), LittleEndian), bases })
}

/// What [`visit`] looks for.
struct Places {
    own: u64,
    header: Option<(u64, u64)>,
    /// The segment that the header is in; the descriptions are, too.
    segment: Option<(u64, u64)>,
}

unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: usize, places: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the loader passes a valid object, and `find` its own value.
    let (info, places) = unsafe { (&*info, &mut *places.cast::<Places>()) };
    // SAFETY: the object's program headers, as the loader tells of them.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let range = |header: &libc::Elf64_Phdr| {
        let start = info.dlpi_addr + header.p_vaddr;
        (start, start + header.p_memsz)
    };
    let loaded = || headers.iter().filter(|header| header.p_type == libc::PT_LOAD).map(range);
    let inside = |address: u64, (start, end): (u64, u64)| (start..end).contains(&address);
    if !loaded().any(|segment| inside(places.own, segment)) {
        return 0;
    }
    places.header = headers.iter().find(|header| header.p_type == libc::PT_GNU_EH_FRAME).map(range);
    places.segment = places.header.and_then(|header| loaded().find(|&segment| inside(header.0, segment)));
    1
}
