//! Arguments of `printf` and `scanf` in guest memory.

use abi::{Fault, Ptr, VaList, bulk, fault};

use crate::crt::encoding::Encoding;
use crate::crt::guest::length_within;
use crate::crt::{format, scan};

/// A `va_list` and the locale's encoding.
pub(crate) struct GuestArgs {
    pub(crate) list: VaList,
    pub(crate) encoding: Encoding,
}

impl format::Args for GuestArgs {
    type Error = Fault;

    fn int32(&mut self) -> Result<i32, Fault> {
        Ok(self.list.next_u32()? as i32)
    }
    fn int64(&mut self) -> Result<i64, Fault> {
        Ok(self.list.next_u64()? as i64)
    }
    fn double(&mut self) -> Result<f64, Fault> {
        self.list.next_f64()
    }
    fn pointer(&mut self) -> Result<u64, Fault> {
        self.list.next_u64()
    }
    fn narrow(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u8>, Fault> {
        let length = match limit {
            Some(limit) => length_within::<u8>(address, limit)?,
            None => bulk::length8(address)?,
        };
        Ptr::<u8>::at(address).read_slice(length)
    }
    fn wide(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u16>, Fault> {
        let length = match limit {
            Some(limit) => length_within::<u16>(address, limit)?,
            None => bulk::length16(address)?,
        };
        Ptr::<u16>::at(address).read_slice(length)
    }
    fn counted(&mut self, address: u64) -> Result<(usize, u64), Fault> {
        Ok((fault::load_u16(address)?.into(), fault::load_u64(address.wrapping_add(8))?))
    }
    fn store(&mut self, address: u64, value: i64, bytes: usize) -> Result<(), Fault> {
        fault::write(address, &value.to_le_bytes()[..bytes.min(8)])
    }
    fn narrowed(&mut self, text: &[u16]) -> Option<Vec<u8>> {
        self.encoding.narrow(text)
    }
    fn widened(&mut self, text: &[u8]) -> Option<Vec<u16>> {
        self.encoding.widen(text)
    }
}

impl scan::Targets for GuestArgs {
    type Error = Fault;

    fn pointer(&mut self) -> Result<u64, Fault> {
        self.list.next_u64()
    }
    fn size(&mut self) -> Result<u32, Fault> {
        self.list.next_u32()
    }
    fn store(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        fault::write(address, bytes)
    }
}
