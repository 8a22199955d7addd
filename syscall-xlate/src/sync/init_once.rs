//! One-time initialization: one pointer-sized word of the guest's, 0 at first.
//!
//! The two low bits are the state and the rest is the context, whose two low bits Windows reserves as well (`INIT_ONCE_CTX_RESERVED_BITS`).

use abi::{Fault, NTSTATUS, NtResult, atomic, fault};

use super::address::AddressWaits;
use crate::wait::Timeout;

const STATE: u64 = 3;
const RUNNING: u64 = 1;
const DONE: u64 = 2;
/// Several may try at once; the first to complete wins.
const RUNNING_ASYNC: u64 = 3;

/// What a thread that begins finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is done; this is the context.
    Done(u64),
    /// The caller is to do it, and to call [`complete`].
    Yours,
    /// It is not done, and the caller only wanted to know.
    NotDone,
}

/// Begins, waiting for another thread that is at it. With `shared`, several threads may be at it at once; with `check_only`, nothing begins.
///
/// # Errors
/// `STATUS_ACCESS_VIOLATION`; `STATUS_INVALID_PARAMETER` where threads that share meet one that does not.
pub fn begin(waits: &AddressWaits, once: u64, shared: bool, check_only: bool) -> NtResult<Begun> {
    loop {
        let word = fault::load_u64(once)?;
        match (word & STATE, shared) {
            (DONE, _) => return Ok(Begun::Done(word & !STATE)),
            _ if check_only => return Ok(Begun::NotDone),
            (0, _) => {
                let next = if shared { RUNNING_ASYNC } else { RUNNING };
                if atomic::compare_exchange_u64(once, word, next)? == word {
                    return Ok(Begun::Yours);
                }
            }
            (RUNNING_ASYNC, true) => return Ok(Begun::Yours),
            (RUNNING, false) => {
                waits.sleep(once, Timeout::Infinite, || Ok(fault::load_u64(once)? & STATE == RUNNING))?;
            }
            _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
        }
    }
}

/// Ends what [`begin`] began: with a context, or as failed for `None`, so that another thread tries.
///
/// # Errors
/// `STATUS_ACCESS_VIOLATION`; `STATUS_INVALID_PARAMETER` for a context with low bits or where nothing has begun;
/// `STATUS_UNSUCCESSFUL` where another thread that shared it was first.
pub fn complete(waits: &AddressWaits, once: u64, shared: bool, context: Option<u64>) -> NtResult<()> {
    if context.is_some_and(|context| context & STATE != 0) {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let running = if shared { RUNNING_ASYNC } else { RUNNING };
    let next = context.map_or(0, |context| context | DONE);
    match atomic::compare_exchange_u64(once, running, next)? {
        before if before == running => {
            waits.wake(once, usize::MAX);
            Ok(())
        }
        before if shared && before & STATE == DONE => Err(NTSTATUS::STATUS_UNSUCCESSFUL),
        _ => Err(NTSTATUS::STATUS_INVALID_PARAMETER),
    }
}

/// The context of what is done.
///
/// # Errors
/// A [`Fault`] where the word is not readable.
#[inline]
pub fn done(once: u64) -> Result<Option<u64>, Fault> {
    let word = fault::load_u64(once)?;
    Ok((word & STATE == DONE).then_some(word & !STATE))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    use super::*;
    use crate::sync::address::tests::at;

    #[test]
    fn one_thread_initializes_and_all_see_its_context() {
        let (once, waits, times) = (AtomicU64::new(0), AddressWaits::default(), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| match begin(&waits, at(&once), false, false).unwrap() {
                    Begun::Yours => {
                        times.fetch_add(1, Ordering::Relaxed);
                        std::thread::yield_now();
                        complete(&waits, at(&once), false, Some(64)).unwrap();
                    }
                    begun => assert_eq!(begun, Begun::Done(64)),
                });
            }
        });
        assert_eq!((times.into_inner(), done(at(&once))), (1, Ok(Some(64))));
    }

    #[test]
    fn a_failed_try_leaves_it_to_the_next() {
        let (once, waits) = (AtomicU64::new(0), AddressWaits::default());
        assert_eq!(begin(&waits, at(&once), false, true), Ok(Begun::NotDone));
        assert_eq!(begin(&waits, at(&once), false, false), Ok(Begun::Yours));
        assert_eq!(complete(&waits, at(&once), false, None), Ok(()));
        assert_eq!(begin(&waits, at(&once), true, false), Ok(Begun::Yours));
        assert_eq!(begin(&waits, at(&once), true, false), Ok(Begun::Yours));
        assert_eq!(begin(&waits, at(&once), false, false), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
        assert_eq!(complete(&waits, at(&once), true, Some(3)), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
        assert_eq!(complete(&waits, at(&once), true, Some(8)), Ok(()));
        assert_eq!(complete(&waits, at(&once), true, Some(16)), Err(NTSTATUS::STATUS_UNSUCCESSFUL));
        assert_eq!(begin(&waits, at(&once), false, true), Ok(Begun::Done(8)));
    }
}
