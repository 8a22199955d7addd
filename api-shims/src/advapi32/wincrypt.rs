//! wincrypt.h: cryptographic service providers, as far as programs want random numbers of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abi::{HRESULT, Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::{Cx, ProcessState, random};

use crate::state;
use crate::text::TextIn;

abi::choices! {
    /// Kinds of providers.
    pub(super) struct PROVIDER_TYPE: u32 {
        PROV_RSA_FULL = 1;
        PROV_DSS = 3;
        PROV_SSL = 6;
        PROV_RSA_SCHANNEL = 12;
        PROV_DSS_DH = 13;
        PROV_DH_SCHANNEL = 18;
        PROV_RSA_AES = 24;
    }
}

abi::flags! {
    /// How a provider is acquired.
    pub(super) struct ACQUIRE_FLAGS: u32 {
        CRYPT_VERIFYCONTEXT = 0xf000_0000;
        CRYPT_NEWKEYSET = 0x8;
        CRYPT_DELETEKEYSET = 0x10;
        CRYPT_MACHINE_KEYSET = 0x20;
        CRYPT_SILENT = 0x40;
        CRYPT_DEFAULT_CONTAINER_OPTIONAL = 0x80;
    }
}

/// The first provider handle; the next ones follow at this distance.
const HANDLE_STEP: usize = 0x10;

/// The provider handles that are out.
#[derive(Default)]
struct Providers {
    // Leaf lock.
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// How often each was given.
    handles: BTreeMap<usize, u32>,
    given: usize,
}

impl ProcessState for Providers {
    const SLOT: usize = state::process::WINCRYPT;
}

impl Providers {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gets a handle to a cryptographic service provider.
#[shim(partial = "random numbers only: there are no key containers")]
pub(super) fn CryptAcquireContextA(
    cx: &Cx,
    phProv: Out<usize>,
    szContainer: PCSTR,
    szProvider: PCSTR,
    dwProvType: PROVIDER_TYPE,
    dwFlags: ACQUIRE_FLAGS,
) -> Win32Result<()> {
    acquire(cx, phProv, szContainer, szProvider, dwProvType, dwFlags)
}

/// Gets a handle to a cryptographic service provider.
#[shim(partial = "random numbers only: there are no key containers")]
pub(super) fn CryptAcquireContextW(
    cx: &Cx,
    phProv: Out<usize>,
    szContainer: PCWSTR,
    szProvider: PCWSTR,
    dwProvType: PROVIDER_TYPE,
    dwFlags: ACQUIRE_FLAGS,
) -> Win32Result<()> {
    acquire(cx, phProv, szContainer, szProvider, dwProvType, dwFlags)
}

fn acquire<T: TextIn>(
    cx: &Cx,
    result: Out<usize>,
    container: T,
    provider: T,
    kind: PROVIDER_TYPE,
    flags: ACQUIRE_FLAGS,
) -> Win32Result<()> {
    // All of Microsoft's providers make random numbers alike, so their names do not matter.
    let _ = provider.wide_opt(cx)?;
    if kind.name().is_none() {
        return Err(nte(HRESULT::NTE_BAD_PROV_TYPE));
    }
    if result.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let without_keys = flags.contains(ACQUIRE_FLAGS::CRYPT_VERIFYCONTEXT)
        || flags.contains(ACQUIRE_FLAGS::CRYPT_DEFAULT_CONTAINER_OPTIONAL);
    if flags.intersects(ACQUIRE_FLAGS::CRYPT_NEWKEYSET | ACQUIRE_FLAGS::CRYPT_DELETEKEYSET) {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    if !without_keys {
        return Err(nte(HRESULT::NTE_BAD_KEYSET));
    }
    if flags.contains(ACQUIRE_FLAGS::CRYPT_VERIFYCONTEXT)
        && container.wide_opt(cx)?.is_some_and(|name| !name.is_empty())
    {
        return Err(nte(HRESULT::NTE_BAD_FLAGS));
    }
    let mut open = cx.process.state::<Providers>().open();
    open.given += 1;
    let handle = open.given * HANDLE_STEP;
    open.handles.insert(handle, 1);
    drop(open);
    Ok(result.set(handle)?)
}

/// These functions give HRESULTs as last errors.
fn nte(error: HRESULT) -> abi::Refusal<WIN32_ERROR> {
    WIN32_ERROR(error.0).into()
}

/// Fills a buffer with random bytes.
#[shim(full)]
pub(super) fn CryptGenRandom(cx: &Cx, hProv: usize, dwLen: u32, pbBuffer: Ptr<u8>) -> Win32Result<()> {
    check(cx, hProv)?;
    random::fill_guest(pbBuffer, dwLen as usize)
}

fn check(cx: &Cx, provider: usize) -> Win32Result<()> {
    match cx.process.state::<Providers>().open().handles.contains_key(&provider) {
        true => Ok(()),
        false => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Gives a provider's handle back.
#[shim(full)]
pub(super) fn CryptReleaseContext(cx: &Cx, hProv: usize, dwFlags: u32) -> Win32Result<()> {
    check(cx, hProv)?;
    cx.process.state::<Providers>().open().handles.remove(&hProv);
    // Documented: other flags fail, and the handle is released all the same.
    if dwFlags == 0 { Ok(()) } else { Err(nte(HRESULT::NTE_BAD_FLAGS)) }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_provider_gives_random_numbers_until_it_is_released() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (provider, buffer) = (guest.buffer(8), guest.buffer(32));
            guest.call("advapi32!CryptAcquireContextA", &[provider, 0, 0, 1, 0xf000_0040]);
            let handle = guest.read::<u64>(provider);
            guest.call("advapi32!CryptGenRandom", &[handle, 32, buffer]);
            assert_ne!(guest.read::<[u8; 32]>(buffer), [0; 32]);
            guest.call("advapi32!CryptReleaseContext", &[handle, 0]);
            guest.call("advapi32!CryptGenRandom", &[handle, 32, buffer]);
        });
        assert_snapshot!(trace, @r"
        advapi32!CryptAcquireContextA(phProv=&16, szContainer=NULL, szProvider=NULL, dwProvType=PROV_RSA_FULL, dwFlags=CRYPT_VERIFYCONTEXT|CRYPT_SILENT) = TRUE
        advapi32!CryptGenRandom(hProv=16, dwLen=32, pbBuffer=@2) = TRUE
        advapi32!CryptReleaseContext(hProv=16, dwFlags=0) = TRUE
        advapi32!CryptGenRandom(hProv=16, dwLen=32, pbBuffer=@2) = FALSE (ERROR_INVALID_PARAMETER)
        ");
    }

    #[test]
    fn there_are_no_key_containers() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let provider = guest.buffer(8);
            guest.call("advapi32!CryptAcquireContextW", &[provider, guest.wide("keys"), 0, 1, 0]);
            guest.call("advapi32!CryptAcquireContextW", &[provider, 0, 0, 99, 0xf000_0000]);
        });
        assert_snapshot!(trace, @r#"
        advapi32!CryptAcquireContextW(phProv=@1, szContainer="keys", szProvider=NULL, dwProvType=PROV_RSA_FULL, dwFlags=0) = FALSE (NTE_BAD_KEYSET)
        advapi32!CryptAcquireContextW(phProv=@1, szContainer=NULL, szProvider=NULL, dwProvType=99, dwFlags=CRYPT_VERIFYCONTEXT) = FALSE (NTE_BAD_PROV_TYPE)
        "#);
    }
}
