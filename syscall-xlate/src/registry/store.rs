//! What a store of the registry does. Names are compared without regard to case; those given back are as they were first written.

use abi::NtResult;

/// A key in a store. Never used again for another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u64);

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Empty for the default value.
    pub name: Vec<u16>,
    /// `REG_SZ` and the like; any number may be stored.
    pub kind: u32,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// How a new key is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewKey<'a> {
    /// Its class, which nobody but its maker knows the meaning of.
    pub class: &'a [u16],
    /// Gone with the last process that uses the registry (`REG_OPTION_VOLATILE`).
    pub volatile: bool,
}

/// What there is to know of a key. Lengths are in UTF-16 units, but for data, which is in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name.
    pub name: Vec<u16>,
    /// Its class.
    pub class: Vec<u16>,
    /// Number of subkeys.
    pub subkeys: u32,
    /// Longest name of a subkey.
    pub longest_subkey: u32,
    /// Longest class of a subkey.
    pub longest_class: u32,
    /// Number of values.
    pub values: u32,
    /// Longest name of a value.
    pub longest_value_name: u32,
    /// Largest data of a value.
    pub largest_data: u32,
    /// FILETIME of its last change.
    pub last_write: i64,
}

/// Where keys are kept. A call with the id of a deleted key gives `STATUS_KEY_DELETED`.
pub trait Store: Send + Sync {
    /// The key above all.
    fn top(&self) -> KeyId;
    /// The subkey of this name.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn child(&self, key: KeyId, name: &[u16]) -> NtResult<Option<KeyId>>;
    /// Subkey number `index`, sorted by name.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn child_at(&self, key: KeyId, index: u32) -> NtResult<Option<KeyId>>;
    /// The subkey of this name, made where it is not there; true with one that was made.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`; `STATUS_CHILD_MUST_BE_VOLATILE` for a lasting key below a volatile one.
    fn create(&self, key: KeyId, name: &[u16], new: NewKey<'_>) -> NtResult<(KeyId, bool)>;
    /// Deletes a key.
    ///
    /// # Errors
    /// `STATUS_CANNOT_DELETE` when it has subkeys or is one of the first two levels; `STATUS_KEY_DELETED`.
    fn delete(&self, key: KeyId) -> NtResult<()>;
    /// What there is to know of a key.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn info(&self, key: KeyId) -> NtResult<KeyInfo>;
    /// The value of this name.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn value(&self, key: KeyId, name: &[u16]) -> NtResult<Option<Value>>;
    /// Value number `index`.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn value_at(&self, key: KeyId, index: u32) -> NtResult<Option<Value>>;
    /// Sets a value.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn set_value(&self, key: KeyId, value: Value) -> NtResult<()>;
    /// Deletes a value; false when there is none of this name.
    ///
    /// # Errors
    /// `STATUS_KEY_DELETED`.
    fn delete_value(&self, key: KeyId, name: &[u16]) -> NtResult<bool>;
}
