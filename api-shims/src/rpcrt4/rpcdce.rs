//! rpcdce.h: UUIDs.

use abi::{In, InOut, Lstatus, Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, shim};
use syscall_xlate::Cx;

use crate::block;
use crate::guid::GUID;
use crate::text::TextIn;

/// Frees text that a function of this DLL made.
#[shim(full)]
pub(super) fn RpcStringFreeA(cx: &Cx, String: InOut<Ptr<u8>>) -> Lstatus {
    free(cx, String)
}

/// Frees text that a function of this DLL made.
#[shim(full)]
pub(super) fn RpcStringFreeW(cx: &Cx, String: InOut<Ptr<u16>>) -> Lstatus {
    free(cx, String)
}

fn free<T>(cx: &Cx, text: InOut<Ptr<T>>) -> Lstatus {
    block::free(cx, text.read()?)?;
    Ok(text.set(Ptr::NULL)?)
}

/// Makes a new UUID.
#[shim(full)]
pub(super) fn UuidCreate(Uuid: Out<GUID>) -> Lstatus {
    Ok(Uuid.set(GUID::random()?)?)
}

/// Makes a new UUID in a row with others.
#[shim(partial = "made of random numbers, not of a network address, which the status says")]
pub(super) fn UuidCreateSequential(Uuid: Out<GUID>) -> Lstatus {
    Uuid.set(GUID::random()?)?;
    Err(WIN32_ERROR::RPC_S_UUID_LOCAL_ONLY.into())
}

/// Reads a UUID; NULL is the one of nothing.
#[shim(full)]
pub(super) fn UuidFromStringA(cx: &Cx, StringUuid: PCSTR, Uuid: Out<GUID>) -> Lstatus {
    from_text(cx, StringUuid, Uuid)
}

/// Reads a UUID; NULL is the one of nothing.
#[shim(full)]
pub(super) fn UuidFromStringW(cx: &Cx, StringUuid: PCWSTR, Uuid: Out<GUID>) -> Lstatus {
    from_text(cx, StringUuid, Uuid)
}

fn from_text<T: TextIn>(cx: &Cx, text: T, uuid: Out<GUID>) -> Lstatus {
    let read = match text.wide_opt(cx)? {
        None => Some(GUID::default()),
        Some(text) => GUID::parse(&String::from_utf16_lossy(&text)),
    };
    Ok(uuid.set(read.ok_or(WIN32_ERROR::RPC_S_INVALID_STRING_UUID)?)?)
}

/// Writes a UUID to a block that `RpcStringFree` frees.
#[shim(full)]
pub(super) fn UuidToStringA(cx: &Cx, Uuid: In<GUID>, StringUuid: Out<Ptr<u8>>) -> Lstatus {
    Ok(StringUuid.set(block::of_ansi(cx, Uuid.read()?.to_string().as_bytes())?)?)
}

/// Writes a UUID to a block that `RpcStringFree` frees.
#[shim(full)]
pub(super) fn UuidToStringW(cx: &Cx, Uuid: In<GUID>, StringUuid: Out<Ptr<u16>>) -> Lstatus {
    let text: Vec<u16> = Uuid.read()?.to_string().encode_utf16().collect();
    Ok(StringUuid.set(block::of_wide(cx, &text)?)?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_uuid_becomes_text_and_back() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (id, text) = (guest.buffer(16), guest.buffer(8));
            guest.call("rpcrt4!UuidFromStringA", &[guest.ansi("5E6C858F-0E22-4760-9AFE-EA3317B67173"), id]);
            guest.call("rpcrt4!UuidToStringA", &[id, text]);
            let made = abi::PCSTR::new(guest.read(text)).read().unwrap();
            assert_eq!(made, b"5e6c858f-0e22-4760-9afe-ea3317b67173");
            guest.call("rpcrt4!RpcStringFreeA", &[text]);
            guest.call("rpcrt4!UuidFromStringA", &[guest.ansi("none"), id]);
        });
        assert_snapshot!(trace, @r#"
        rpcrt4!UuidFromStringA(StringUuid="5E6C858F-0E22-4760-9AFE-EA3317B67173", Uuid=&{5e6c858f-0e22-4760-9afe-ea3317b67173}) = ERROR_SUCCESS
        rpcrt4!UuidToStringA(Uuid=&{5e6c858f-0e22-4760-9afe-ea3317b67173}, StringUuid=&@3) = ERROR_SUCCESS
        rpcrt4!RpcStringFreeA(String=&@3->&NULL) = ERROR_SUCCESS
        rpcrt4!UuidFromStringA(StringUuid="none", Uuid=@1) = RPC_S_INVALID_STRING_UUID
        "#);
    }
}
