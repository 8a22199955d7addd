//! Functions that report nothing but may raise an exception in their caller.

use crate::{Exception, Fault, NTSTATUS, Outcome, RawArg, Ret, Value};

/// The result of a function that has no error to set: `EnterCriticalSection` returns nothing, and raises for bad memory.
pub type Raises<T> = Result<T, Box<Exception>>;

impl From<Fault> for Box<Exception> {
    #[inline(always)]
    fn from(fault: Fault) -> Self {
        raised(fault)
    }
}

/// In the guest's convention: an entry that calls nothing else in another one saves no vector registers.
#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust only")]
extern "win64" fn raised(fault: Fault) -> Box<Exception> {
    Box::new(fault.into())
}

/// As `RtlRaiseStatus` raises it.
impl From<NTSTATUS> for Box<Exception> {
    fn from(status: NTSTATUS) -> Self {
        Self::new(Exception::new(status, &[]))
    }
}

impl<T: Ret> Ret for Raises<T> {
    type Raw = T::Raw;

    #[inline(always)]
    fn outcome(self) -> Outcome<T::Raw> {
        match self {
            Ok(value) => value.outcome(),
            Err(exception) => Outcome { raises: Some(exception), ..Outcome::value(T::Raw::from_slot(0)) },
        }
    }

    fn result(&self) -> Value {
        self.as_ref().map_or(Value::Nothing, Ret::result)
    }

    fn error(&self) -> Option<String> {
        self.as_ref().err().map(|exception| format!("raises {}", exception.code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Access;

    #[test]
    fn a_fault_is_raised_and_a_value_is_returned() {
        let fine: Raises<u32> = Ok(7);
        assert_eq!(fine.outcome(), Outcome::value(7));
        let bad: Raises<()> = Err(Fault { address: 16, access: Access::Read }.into());
        assert_eq!(bad.error().as_deref(), Some("raises STATUS_ACCESS_VIOLATION"));
        let raised = bad.outcome().raises.unwrap();
        assert_eq!(raised.parameters[..2], [0, 16]);
    }
}
