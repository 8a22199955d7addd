//! Fibers. `SwitchToFiber` is a service's: it keeps or replaces its caller's registers.

use abi::{NTSTATUS, Ptr, Raises, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::fiber::NewFiber;

abi::flags! {
    /// What a fiber has of its own.
    pub(in crate::kernel32) struct FIBER_FLAGS: u32 {
        FIBER_FLAG_FLOAT_SWITCH = 1;
    }
}

/// Stack sizes up to this are no more than every thread has.
const USUAL_STACK: usize = 1 << 20;

/// Makes the thread no fiber any more.
#[shim(full)]
pub(in crate::kernel32) fn ConvertFiberToThread(cx: &Cx) -> Win32Result<()> {
    if cx.convert_to_thread() { Ok(()) } else { Err(WIN32_ERROR::ERROR_ALREADY_THREAD.into()) }
}

/// Makes the thread a fiber.
#[shim(full)]
pub(in crate::kernel32) fn ConvertThreadToFiber(cx: &Cx, lpParameter: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    convert(cx, lpParameter, FIBER_FLAGS::default())
}

/// Makes the thread a fiber, which may have floating-point control words of its own.
#[shim(full)]
pub(in crate::kernel32) fn ConvertThreadToFiberEx(
    cx: &Cx,
    lpParameter: Ptr<u8>,
    dwFlags: FIBER_FLAGS,
) -> Win32Result<Ptr<u8>> {
    convert(cx, lpParameter, dwFlags)
}

fn convert(cx: &Cx, parameter: Ptr<u8>, flags: FIBER_FLAGS) -> Win32Result<Ptr<u8>> {
    if !FIBER_FLAGS::FIBER_FLAG_FLOAT_SWITCH.contains(flags) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    match cx.convert_to_fiber(parameter.address(), flags.contains(FIBER_FLAGS::FIBER_FLAG_FLOAT_SWITCH))? {
        Some(address) => Ok(Ptr::at(address)),
        None => Err(WIN32_ERROR::ERROR_ALREADY_FIBER.into()),
    }
}

/// Makes a fiber, which begins when it is first switched to.
#[shim(full)]
pub(in crate::kernel32) fn CreateFiber(
    cx: &Cx,
    dwStackSize: usize,
    lpStartAddress: Ptr<u8>,
    lpParameter: Ptr<u8>,
) -> Win32Result<Ptr<u8>> {
    create(cx, dwStackSize, 0, FIBER_FLAGS::default(), lpStartAddress, lpParameter)
}

/// Makes a fiber with these sizes of its stack.
#[shim(full)]
pub(in crate::kernel32) fn CreateFiberEx(
    cx: &Cx,
    dwStackCommitSize: usize,
    dwStackReserveSize: usize,
    dwFlags: FIBER_FLAGS,
    lpStartAddress: Ptr<u8>,
    lpParameter: Ptr<u8>,
) -> Win32Result<Ptr<u8>> {
    create(cx, dwStackCommitSize, dwStackReserveSize, dwFlags, lpStartAddress, lpParameter)
}

fn create(
    cx: &Cx,
    commit: usize,
    reserve: usize,
    flags: FIBER_FLAGS,
    start: Ptr<u8>,
    parameter: Ptr<u8>,
) -> Win32Result<Ptr<u8>> {
    if !FIBER_FLAGS::FIBER_FLAG_FLOAT_SWITCH.contains(flags) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    // What is committed at first follows from what is reserved, unless it is more than that.
    let stack = if reserve == 0 && commit <= USUAL_STACK { 0 } else { reserve.max(commit) };
    let float = flags.contains(FIBER_FLAGS::FIBER_FLAG_FLOAT_SWITCH);
    let new = NewFiber { stack: stack as u64, start: start.address(), parameter: parameter.address(), float };
    Ok(Ptr::at(cx.create_fiber(new)?))
}

/// Ends a fiber; the thread too, if it is its own.
#[shim(full)]
pub(in crate::kernel32) fn DeleteFiber(cx: &Cx, lpFiber: Ptr<u8>) -> Raises<()> {
    cx.delete_fiber(lpFiber.address()).map_err(|status: NTSTATUS| status.into())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_thread_is_a_fiber_until_it_is_converted_back() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!ConvertFiberToThread", &[]);
            let own = guest.call("kernel32!ConvertThreadToFiberEx", &[7, 1]);
            assert_eq!(abi::fault::load_u64(own), Ok(7), "GetFiberData");
            assert_eq!(abi::fault::load_u64(guest.cx.thread.teb() + 0x20), Ok(own), "GetCurrentFiber");
            guest.call("kernel32!IsThreadAFiber", &[]);
            guest.call("kernel32!ConvertThreadToFiber", &[0]);
            guest.call("kernel32!SwitchToFiber", &[own]);
            let other = guest.call("kernel32!CreateFiber", &[0, 0x1000, 8]);
            guest.call("kernel32!CreateFiberEx", &[0, 0, 2, 0x1000, 8]);
            guest.call("kernel32!DeleteFiber", &[other]);
            guest.call("kernel32!ConvertFiberToThread", &[]);
            guest.call("kernel32!IsThreadAFiber", &[]);
        });
        assert_snapshot!(trace, @r"
        kernel32!ConvertFiberToThread() = FALSE (ERROR_ALREADY_THREAD)
        kernel32!ConvertThreadToFiberEx(lpParameter=@1, dwFlags=FIBER_FLAG_FLOAT_SWITCH) = @2
        kernel32!IsThreadAFiber() = TRUE
        kernel32!ConvertThreadToFiber(lpParameter=NULL) = NULL (ERROR_ALREADY_FIBER)
        kernel32!SwitchToFiber(lpFiber=@2)
        kernel32!CreateFiber(dwStackSize=0, lpStartAddress=@3, lpParameter=@4) = @5
        kernel32!CreateFiberEx(dwStackCommitSize=0, dwStackReserveSize=0, dwFlags=0x2, lpStartAddress=@3, lpParameter=@4) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!DeleteFiber(lpFiber=@5)
        kernel32!ConvertFiberToThread() = TRUE
        kernel32!IsThreadAFiber() = FALSE
        ");
    }
}
