//! bcrypt.h: Cryptography API: Next Generation. So far its random numbers.

use abi::{HANDLE, NTSTATUS, NtResult, Out, PCWSTR, Ptr, shim};
use syscall_xlate::random;

abi::flags! {
    /// How `BCryptGenRandom` works.
    pub(super) struct BCRYPTGENRANDOM_FLAGS: u32 {
        BCRYPT_RNG_USE_ENTROPY_IN_BUFFER = 1;
        BCRYPT_USE_SYSTEM_PREFERRED_RNG = 2;
    }
}

/// `BCRYPT_RNG_ALG_HANDLE`: a pseudo handle of `bcrypt.h`. Handles of opened providers are the same one: they have no state.
const RNG: HANDLE = HANDLE(0x81);

/// `BCRYPT_RNG_ALGORITHM` and the other names of random number generators.
const RNG_NAMES: [&str; 3] = ["RNG", "FIPS186DSARNG", "DUALECRNG"];

/// Gives a handle to an algorithm's provider back.
#[shim(full)]
pub(super) fn BCryptCloseAlgorithmProvider(hAlgorithm: HANDLE, dwFlags: u32) -> NtResult<()> {
    if dwFlags != 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    if hAlgorithm == RNG { Ok(()) } else { Err(NTSTATUS::STATUS_INVALID_HANDLE) }
}

/// Fills a buffer with random bytes.
#[shim(full)]
pub(super) fn BCryptGenRandom(
    hAlgorithm: HANDLE,
    pbBuffer: Ptr<u8>,
    cbBuffer: u32,
    dwFlags: BCRYPTGENRANDOM_FLAGS,
) -> NtResult<()> {
    let preferred = dwFlags.contains(BCRYPTGENRANDOM_FLAGS::BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if hAlgorithm.is_null() && !preferred {
        return Err(NTSTATUS::STATUS_INVALID_HANDLE);
    }
    if !hAlgorithm.is_null() && (preferred || hAlgorithm != RNG) {
        return Err(if preferred { NTSTATUS::STATUS_INVALID_PARAMETER } else { NTSTATUS::STATUS_INVALID_HANDLE });
    }
    // Since Windows 8 the entropy that a caller offers in the buffer is ignored.
    random::fill_guest(pbBuffer, cbBuffer as usize)
}

/// Gets a handle to an algorithm's provider.
#[shim(partial = "random number generators only")]
pub(super) fn BCryptOpenAlgorithmProvider(
    phAlgorithm: Out<HANDLE>,
    pszAlgId: PCWSTR,
    pszImplementation: PCWSTR,
    dwFlags: u32,
) -> NtResult<()> {
    // There is one provider, and the flags mean nothing to its algorithms.
    let _ = (pszImplementation, dwFlags);
    if phAlgorithm.is_null() || pszAlgId.is_null() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let name = String::from_utf16_lossy(&pszAlgId.read()?);
    if !RNG_NAMES.contains(&name.as_str()) {
        return Err(NTSTATUS::STATUS_NOT_FOUND);
    }
    Ok(phAlgorithm.set(RNG)?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn random_bytes_come_with_and_without_a_provider() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (provider, buffer) = (guest.buffer(8), guest.buffer(32));
            guest.call("bcrypt!BCryptOpenAlgorithmProvider", &[provider, guest.wide("RNG"), 0, 0]);
            guest.call("bcrypt!BCryptGenRandom", &[guest.read(provider), buffer, 32, 0]);
            assert_ne!(guest.read::<[u8; 32]>(buffer), [0; 32]);
            guest.call("bcrypt!BCryptCloseAlgorithmProvider", &[guest.read(provider), 0]);
            guest.call("bcrypt!BCryptGenRandom", &[0, buffer, 32, 2]);
        });
        assert_snapshot!(trace, @r#"
        bcrypt!BCryptOpenAlgorithmProvider(phAlgorithm=&h1, pszAlgId="RNG", pszImplementation=NULL, dwFlags=0) = STATUS_SUCCESS
        bcrypt!BCryptGenRandom(hAlgorithm=h1, pbBuffer=@2, cbBuffer=32, dwFlags=0) = STATUS_SUCCESS
        bcrypt!BCryptCloseAlgorithmProvider(hAlgorithm=h1, dwFlags=0) = STATUS_SUCCESS
        bcrypt!BCryptGenRandom(hAlgorithm=0x0, pbBuffer=@2, cbBuffer=32, dwFlags=BCRYPT_USE_SYSTEM_PREFERRED_RNG) = STATUS_SUCCESS
        "#);
    }

    #[test]
    fn what_is_not_there_is_said_so() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let buffer = guest.buffer(32);
            guest.call("bcrypt!BCryptOpenAlgorithmProvider", &[buffer, guest.wide("SHA256"), 0, 0]);
            guest.call("bcrypt!BCryptGenRandom", &[0, buffer, 32, 0]);
            guest.call("bcrypt!BCryptGenRandom", &[0, 0, 32, 2]);
        });
        assert_snapshot!(trace, @r#"
        bcrypt!BCryptOpenAlgorithmProvider(phAlgorithm=@1, pszAlgId="SHA256", pszImplementation=NULL, dwFlags=0) = STATUS_NOT_FOUND
        bcrypt!BCryptGenRandom(hAlgorithm=0x0, pbBuffer=@1, cbBuffer=32, dwFlags=0) = STATUS_INVALID_HANDLE
        bcrypt!BCryptGenRandom(hAlgorithm=0x0, pbBuffer=NULL, cbBuffer=32, dwFlags=BCRYPT_USE_SYSTEM_PREFERRED_RNG) = STATUS_ACCESS_VIOLATION
        "#);
    }
}
