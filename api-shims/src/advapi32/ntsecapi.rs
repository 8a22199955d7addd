//! ntsecapi.h: `RtlGenRandom`.

use abi::{Ptr, Win32Result, shim};
use syscall_xlate::random;

/// Fills a buffer with random bytes; the header calls it `RtlGenRandom`.
#[shim(full)]
pub(super) fn SystemFunction036(RandomBuffer: Ptr<u8>, RandomBufferLength: u32) -> Win32Result<bool> {
    random::fill_guest(RandomBuffer, RandomBufferLength as usize).map(|()| true)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn exactly_the_buffer_is_filled() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let buffer = guest.buffer(10_016);
            guest.call("advapi32!SystemFunction036", &[buffer, 10_000]);
            let bytes = |at, count| abi::Ptr::<u8>::at(buffer + at).read_bytes(count).unwrap();
            // A run of 16 equal bytes is not to be expected in the lifetime of this test.
            assert!(bytes(9_984, 16).iter().any(|&byte| byte != 0));
            assert_eq!(bytes(10_000, 16), [0; 16]);
        });
        assert_snapshot!(trace, @"advapi32!SystemFunction036(RandomBuffer=@1, RandomBufferLength=10000) = TRUE");
    }
}
