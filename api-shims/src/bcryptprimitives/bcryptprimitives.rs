//! `ProcessPrng`, which has no header: <https://learn.microsoft.com/windows/win32/seccng/processprng>.

use abi::{Ptr, Win32Result, shim};
use syscall_xlate::random;

/// Fills a buffer with random bytes.
#[shim(full)]
pub(super) fn ProcessPrng(pbData: Ptr<u8>, cbData: usize) -> Win32Result<bool> {
    random::fill_guest(pbData, cbData).map(|()| true)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn the_buffer_is_filled() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let buffer = guest.buffer(32);
            guest.call("bcryptprimitives!ProcessPrng", &[buffer, 32]);
            assert_ne!(guest.read::<[u8; 32]>(buffer), [0; 32]);
        });
        assert_snapshot!(trace, @"bcryptprimitives!ProcessPrng(pbData=@1, cbData=32) = TRUE");
    }
}
