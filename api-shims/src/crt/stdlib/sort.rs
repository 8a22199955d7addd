//! stdlib.h: `qsort` and `bsearch`, whose comparisons are the guest's.

use abi::{CrtResult, Errno, Fault, Ptr, Refusal, bulk, shim};
use syscall_xlate::Cx;

use crate::crt::guest::ok;

/// How items are compared.
#[derive(Clone, Copy)]
struct Comparison {
    function: u64,
    /// The first argument of `qsort_s`'s function.
    context: Option<u64>,
}

impl Comparison {
    fn call(self, cx: &Cx, a: u64, b: u64) -> i32 {
        // Items lie in the guest's memory while its function looks at them; nothing of ours is held.
        let result = match self.context {
            Some(context) => cx.call_guest(self.function, [context, a, b]),
            None => cx.call_guest(self.function, [a, b]),
        };
        result as i32
    }
}

/// Swaps two items.
fn swap(a: u64, b: u64, size: usize) -> Result<(), Fault> {
    if a == b {
        return Ok(());
    }
    let mut done = 0;
    let (mut x, mut y) = ([0u8; 64], [0u8; 64]);
    while done < size {
        let now = (size - done).min(64);
        let (at_a, at_b) = (a + done as u64, b + done as u64);
        abi::fault::read(at_a, &mut x[..now])?;
        abi::fault::read(at_b, &mut y[..now])?;
        abi::fault::write(at_a, &y[..now])?;
        abi::fault::write(at_b, &x[..now])?;
        done += now;
    }
    Ok(())
}

/// Ranges of this many items or fewer are sorted by insertion.
const SHORT: u64 = 8;

/// Sorts items in place. The order of equal items is not kept, as the C standard allows and Microsoft documents.
///
/// Ranges wait on a stack of their own: the shorter part is always sorted first, so it never holds more than 64.
fn sort(cx: &Cx, base: u64, count: u64, size: usize, comparison: Comparison) -> Result<(), Fault> {
    let at = |index: u64| base.wrapping_add(index.wrapping_mul(size as u64));
    let mut waiting = [(0u64, 0u64); 64];
    let mut depth = 1;
    waiting[0] = (0, count);
    while depth > 0 {
        depth -= 1;
        let (mut low, mut high) = waiting[depth];
        while high - low > SHORT {
            // The median of three becomes the pivot, at the beginning of the range.
            let middle = low + (high - low) / 2;
            if comparison.call(cx, at(middle), at(low)) < 0 {
                swap(at(middle), at(low), size)?;
            }
            if comparison.call(cx, at(high - 1), at(low)) < 0 {
                swap(at(high - 1), at(low), size)?;
            }
            if comparison.call(cx, at(high - 1), at(middle)) < 0 {
                swap(at(high - 1), at(middle), size)?;
            }
            swap(at(low), at(middle), size)?;
            let (mut left, mut right) = (low, high);
            loop {
                left += 1;
                while left < high && comparison.call(cx, at(left), at(low)) < 0 {
                    left += 1;
                }
                right -= 1;
                while right > low && comparison.call(cx, at(low), at(right)) < 0 {
                    right -= 1;
                }
                if left >= right {
                    break;
                }
                swap(at(left), at(right), size)?;
            }
            swap(at(low), at(right), size)?;
            let (smaller, larger) = if right - low < high - right - 1 {
                ((low, right), (right + 1, high))
            } else {
                ((right + 1, high), (low, right))
            };
            if depth < waiting.len() {
                waiting[depth] = larger;
                depth += 1;
            }
            (low, high) = smaller;
        }
        for sorted in low + 1..high {
            let mut place = sorted;
            while place > low && comparison.call(cx, at(place), at(place - 1)) < 0 {
                swap(at(place), at(place - 1), size)?;
                place -= 1;
            }
        }
    }
    Ok(())
}

fn sort_checked(cx: &Cx, base: Ptr<u8>, number: usize, width: usize, comparison: Comparison) -> CrtResult<()> {
    if (base.is_null() && number > 0) || width == 0 || comparison.function == 0 {
        return Err(Errno::EINVAL.into());
    }
    if number > 1 {
        sort(cx, base.address(), number as u64, width, comparison)?;
    }
    ok(())
}

/// Sorts items by the program's comparison.
#[shim(full)]
pub(crate) fn qsort(cx: &Cx, base: Ptr<u8>, number: usize, width: usize, compare: Ptr<u8>) -> CrtResult<()> {
    sort_checked(cx, base, number, width, Comparison { function: compare.address(), context: None })
}

/// Sorts items by the program's comparison, which is given a context.
#[shim(full)]
pub(crate) fn qsort_s(
    cx: &Cx,
    base: Ptr<u8>,
    num: usize,
    width: usize,
    compare: Ptr<u8>,
    context: u64,
) -> CrtResult<()> {
    sort_checked(cx, base, num, width, Comparison { function: compare.address(), context: Some(context) })
}

fn search(
    cx: &Cx,
    key: u64,
    base: u64,
    count: usize,
    size: usize,
    comparison: Comparison,
) -> Result<u64, Refusal<Errno>> {
    if (base == 0 && count > 0) || size == 0 || comparison.function == 0 {
        return Err(Errno::EINVAL.into());
    }
    let (mut low, mut high) = (0u64, count as u64);
    while low < high {
        let middle = low + (high - low) / 2;
        let item = base.wrapping_add(middle.wrapping_mul(size as u64));
        match comparison.call(cx, key, item) {
            0 => return Ok(item),
            1.. => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(0)
}

/// Finds an item of a sorted array by the program's comparison.
#[shim(full)]
pub(crate) fn bsearch(
    cx: &Cx,
    key: Ptr<u8>,
    base: Ptr<u8>,
    num: usize,
    width: usize,
    compare: Ptr<u8>,
) -> CrtResult<Ptr<u8>> {
    let comparison = Comparison { function: compare.address(), context: None };
    ok(Ptr::at(search(cx, key.address(), base.address(), num, width, comparison)?))
}

/// Finds an item of a sorted array by the program's comparison, which is given a context.
#[shim(full)]
pub(crate) fn bsearch_s(
    cx: &Cx,
    key: Ptr<u8>,
    base: Ptr<u8>,
    number: usize,
    width: usize,
    compare: Ptr<u8>,
    context: u64,
) -> CrtResult<Ptr<u8>> {
    let comparison = Comparison { function: compare.address(), context: Some(context) };
    ok(Ptr::at(search(cx, key.address(), base.address(), number, width, comparison)?))
}

/// Finds an item of an unsorted array by the program's comparison.
#[shim(full)]
pub(crate) fn _lfind(
    cx: &Cx,
    key: Ptr<u8>,
    base: Ptr<u8>,
    num: Ptr<u32>,
    width: u32,
    compare: Ptr<u8>,
) -> CrtResult<Ptr<u8>> {
    let comparison = Comparison { function: compare.address(), context: None };
    for index in 0..u64::from(num.read()?) {
        let item = base.byte_offset(index * u64::from(width));
        if comparison.call(cx, key.address(), item.address()) == 0 {
            return ok(item);
        }
    }
    ok(Ptr::NULL)
}

/// Finds an item of an unsorted array by the program's comparison, or appends it.
#[shim(full)]
pub(crate) fn _lsearch(
    cx: &Cx,
    key: Ptr<u8>,
    base: Ptr<u8>,
    num: Ptr<u32>,
    width: u32,
    compare: Ptr<u8>,
) -> CrtResult<Ptr<u8>> {
    let found = _lfind(cx, key, base, num, width, compare)?;
    if !found.0.is_null() {
        return Ok(found);
    }
    let count = num.read()?;
    let end = base.byte_offset(u64::from(count) * u64::from(width));
    bulk::copy(end.address(), key.address(), width as usize)?;
    num.write(&(count.wrapping_add(1)))?;
    ok(end)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    extern "win64" fn by_value(a: *const i32, b: *const i32) -> i32 {
        let value = |at: *const i32| abi::fault::load_u32(at as u64).expect("sorted memory is readable") as i32;
        value(a).cmp(&value(b)) as i32
    }

    #[test]
    fn arrays_of_every_length_are_sorted_and_searched() {
        testing::run(crate::dlls(), None, |guest| {
            let compare = by_value as *const () as u64;
            let mut seed = 1u32;
            for length in (0..40).chain([100, 1000]) {
                let mut values: Vec<i32> = (0..length)
                    .map(|_| {
                        seed = seed.wrapping_mul(214_013).wrapping_add(2_531_011);
                        (seed >> 16) as i32 % 50 - 25
                    })
                    .collect();
                let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                let array = guest.bytes(&bytes);
                guest.call("msvcrt!qsort", &[array, length as u64, 4, compare]);
                values.sort_unstable();
                let sorted: Vec<i32> = (0..length as u64).map(|index| guest.read::<i32>(array + 4 * index)).collect();
                assert_eq!(sorted, values);
                let key = guest.bytes(&7i32.to_le_bytes());
                let found = guest.call("msvcrt!bsearch", &[key, array, length as u64, 4, compare]);
                assert_eq!(found != 0, values.contains(&7));
            }
        });
    }
}
