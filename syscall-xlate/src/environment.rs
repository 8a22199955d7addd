//! The environment: variables by name, whatever the case, in one sorted block.
//!
//! (<https://learn.microsoft.com/windows/win32/procthread/changing-environment-variables>)

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use abi::{NTSTATUS, NtResult};

use crate::modules::{SYSTEM_FOLDER, WINDOWS_FOLDER};
use crate::nls::case::upcased;
use crate::path::{Drives, name, wide};
use crate::system_info;

const EQUALS: u16 = b'=' as u16;
const PERCENT: u16 = b'%' as u16;
/// Longest name or value, in units (documented for `SetEnvironmentVariable`).
const LONGEST: usize = 32767;

/// The variables of a process.
#[derive(Default)]
pub struct Environment {
    /// Sorted by the upper-cased name. Taken alone.
    variables: RwLock<Vec<Variable>>,
}

#[derive(Clone)]
struct Variable {
    key: Vec<u16>,
    name: Vec<u16>,
    value: Vec<u16>,
}

impl Environment {
    /// The environment of a program that is started here: the host's, with paths translated, and Windows' own variables.
    pub fn from_host(host: impl IntoIterator<Item = (OsString, OsString)>, drives: &Drives) -> Self {
        let host: Vec<(OsString, OsString)> = host.into_iter().collect();
        let find = |wanted: &str| host.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_os_str());
        let environment = Self::default();
        let put = |name: &str, value: &[u16]| environment.put(wide(name), value.to_vec());
        for (name, value) in &host {
            if !matches!(name.as_bytes(), b"PATH" | b"WINEPATH" | b"TMPDIR" | b"TEMP" | b"TMP") {
                let (name, value) = (name::from_host_text(name.as_bytes()), name::from_host_text(value.as_bytes()));
                // The first of several that differ only in case counts.
                if !name.is_empty() && !name.contains(&EQUALS) && environment.get(&name).is_none() {
                    environment.put(name, value);
                }
            }
        }
        put("Path", &search_path(find("WINEPATH"), find("PATH"), drives));
        let temporary = find("TEMP").or(find("TMP")).or(find("TMPDIR")).unwrap_or(OsStr::new("/tmp"));
        let temporary = entry(temporary, drives);
        put("TEMP", &temporary);
        put("TMP", &temporary);
        let user = system_info::user_name();
        let profile = [wide(r"C:\users\"), user.clone()].concat();
        let below = |folder: &str| [&profile[..], &wide(folder)].concat();
        let computer = system_info::computer_name();
        for (name, value) in [
            ("ALLUSERSPROFILE", wide(r"C:\ProgramData")),
            ("APPDATA", below(r"\AppData\Roaming")),
            ("CommonProgramFiles", wide(r"C:\Program Files\Common Files")),
            ("CommonProgramFiles(x86)", wide(r"C:\Program Files (x86)\Common Files")),
            ("CommonProgramW6432", wide(r"C:\Program Files\Common Files")),
            ("COMPUTERNAME", computer),
            ("ComSpec", wide(r"C:\windows\system32\cmd.exe")),
            ("HOMEDRIVE", wide("C:")),
            ("HOMEPATH", profile.get(2..).unwrap_or_default().to_vec()),
            ("LOCALAPPDATA", below(r"\AppData\Local")),
            ("NUMBER_OF_PROCESSORS", wide(&system_info::processors().to_string())),
            ("OS", wide("Windows_NT")),
            ("PATHEXT", wide(".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC")),
            ("PROCESSOR_ARCHITECTURE", wide("AMD64")),
            ("ProgramData", wide(r"C:\ProgramData")),
            ("ProgramFiles", wide(r"C:\Program Files")),
            ("ProgramFiles(x86)", wide(r"C:\Program Files (x86)")),
            ("ProgramW6432", wide(r"C:\Program Files")),
            ("PUBLIC", wide(r"C:\users\Public")),
            ("SystemDrive", wide("C:")),
            ("SystemRoot", wide(r"C:\windows")),
            ("USERDOMAIN", system_info::computer_name()),
            ("USERNAME", user),
            ("USERPROFILE", profile.clone()),
            ("windir", wide(r"C:\windows")),
        ] {
            put(name, &value);
        }
        environment
    }

    fn variables(&self) -> RwLockReadGuard<'_, Vec<Variable>> {
        self.variables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, name: Vec<u16>, value: Vec<u16>) {
        let key = upcased(&name);
        let mut variables = self.variables.write().unwrap_or_else(PoisonError::into_inner);
        match variables.binary_search_by(|variable| variable.key.cmp(&key)) {
            // The name keeps the case it came with first.
            Ok(at) => variables[at].value = value,
            Err(at) => variables.insert(at, Variable { key, name, value }),
        }
    }

    /// The value of a variable.
    pub fn get(&self, name: &[u16]) -> Option<Vec<u16>> {
        let key = upcased(name);
        let variables = self.variables();
        let at = variables.binary_search_by(|variable| variable.key.cmp(&key)).ok()?;
        Some(variables[at].value.clone())
    }

    /// Sets a variable, or removes it with `None`. Removing what is not there succeeds.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for an empty name, one with `=` behind its first character, or one that is too long.
    pub fn set(&self, name: &[u16], value: Option<&[u16]>) -> NtResult<()> {
        // `=C:` is the name of a drive's current directory.
        let is_name = !name.is_empty() && !name.get(1..).unwrap_or_default().contains(&EQUALS) && name != [EQUALS];
        if !is_name || name.len() > LONGEST || value.is_some_and(|value| value.len() > LONGEST) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        match value {
            Some(value) => self.put(name.to_vec(), value.to_vec()),
            None => {
                let key = upcased(name);
                let mut variables = self.variables.write().unwrap_or_else(PoisonError::into_inner);
                variables.retain(|variable| variable.key != key);
            }
        }
        Ok(())
    }

    /// All of them as `NAME=VALUE`, each closed by a zero, with another zero at the end, sorted by name.
    pub fn block(&self) -> Vec<u16> {
        let mut block = Vec::new();
        for variable in self.variables().iter() {
            block.extend_from_slice(&variable.name);
            block.push(EQUALS);
            block.extend_from_slice(&variable.value);
            block.push(0);
        }
        if block.is_empty() {
            block.push(0);
        }
        block.push(0);
        block
    }

    /// All of them, by name and value.
    pub fn all(&self) -> Vec<(Vec<u16>, Vec<u16>)> {
        self.variables().iter().map(|variable| (variable.name.clone(), variable.value.clone())).collect()
    }

    /// Replaces all by those of a block.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for an item without `=`.
    pub fn replace(&self, block: &[u16]) -> NtResult<()> {
        let new = Self::from_block(block)?;
        let variables = new.variables.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.variables.write().unwrap_or_else(PoisonError::into_inner) = variables;
        Ok(())
    }

    /// The environment of a block: items `NAME=VALUE`, each closed by a zero.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for an item without `=`.
    pub fn from_block(block: &[u16]) -> NtResult<Self> {
        let environment = Self::default();
        for item in block.split(|&unit| unit == 0).take_while(|item| !item.is_empty()) {
            let equals =
                item.iter().skip(1).position(|&unit| unit == EQUALS).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
            environment.put(item[..=equals].to_vec(), item[equals + 2..].to_vec());
        }
        Ok(environment)
    }

    /// Replaces `%NAME%` by values (`ExpandEnvironmentStrings`). What is not a variable stays as it is; what is put in is not looked at
    /// again.
    pub fn expand(&self, text: &[u16]) -> Vec<u16> {
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.iter().position(|&unit| unit == PERCENT) {
            out.extend_from_slice(&rest[..start]);
            rest = &rest[start + 1..];
            let end = rest.iter().position(|&unit| unit == PERCENT);
            match end.and_then(|end| Some((end, self.get(&rest[..end])?))) {
                Some((end, value)) => {
                    out.extend(value);
                    rest = &rest[end + 1..];
                }
                None => out.push(PERCENT),
            }
        }
        out.extend_from_slice(rest);
        out
    }

    /// The host folders of the search path that are there.
    pub fn search_folders(&self, drives: &Drives) -> Vec<PathBuf> {
        let path = self.get(&wide("Path")).unwrap_or_default();
        let entries = path.split(|&unit| unit == u16::from(b';')).filter(|entry| !entry.is_empty());
        entries
            .filter_map(|entry| host_entry(entry, drives))
            .map(PathBuf::from)
            .filter(|folder| folder.is_dir())
            .collect()
    }

    /// The variables as the host's processes understand them: for a child that is not a Windows program.
    pub fn to_host(&self, drives: &Drives) -> Vec<(OsString, OsString)> {
        use std::os::unix::ffi::OsStringExt;
        let host = |text: &[u16]| OsString::from_vec(name::to_host(text));
        let variables = self.variables();
        let ordinary = variables.iter().filter(|variable| !variable.name.starts_with(&[EQUALS]));
        let translated = ordinary.map(|variable| {
            if variable.key == wide("PATH") {
                let entries = variable.value.split(|&unit| unit == u16::from(b';'));
                let paths: Vec<OsString> = entries.filter_map(|entry| host_entry(entry, drives)).collect();
                return ("PATH".into(), paths.join(OsStr::new(":")));
            }
            (host(&variable.name), host(&variable.value))
        });
        translated.collect()
    }
}

/// The host path of an entry of the search path.
fn host_entry(entry: &[u16], drives: &Drives) -> Option<OsString> {
    match drives.dos_target(entry).ok()? {
        crate::path::Target::File(location) => Some(location.exact().into_os_string()),
        _ => None,
    }
}

/// The search path: entries of `WINEPATH` (`;` between them, as Windows or host paths), then the host's `PATH`, then Windows' own.
fn search_path(front: Option<&OsStr>, path: Option<&OsStr>, drives: &Drives) -> Vec<u16> {
    let front = front.map_or(&b""[..], OsStrExt::as_bytes).split(|&byte| byte == b';');
    let path = path.map_or(&b""[..], OsStrExt::as_bytes).split(|&byte| byte == b':');
    let entries =
        front.chain(path).filter(|entry| !entry.is_empty()).map(|bytes| entry(OsStr::from_bytes(bytes), drives));
    let own = [SYSTEM_FOLDER, WINDOWS_FOLDER].map(wide);
    entries.chain(own).collect::<Vec<_>>().join(&u16::from(b';'))
}

/// A folder in an environment variable, as a Windows path: host paths are translated, Windows paths get backslashes.
fn entry(path: &OsStr, drives: &Drives) -> Vec<u16> {
    if path.as_bytes().starts_with(b"/") {
        return drives.to_dos(Path::new(path));
    }
    let text = name::from_host_text(path.as_bytes());
    text.into_iter().map(|unit| if unit == u16::from(b'/') { u16::from(b'\\') } else { unit }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(units: &[u16]) -> String {
        String::from_utf16_lossy(units)
    }

    fn drives() -> Drives {
        Drives::new(Path::new("/data/c"), Path::new("/home/me"))
    }

    #[test]
    fn names_ignore_case_and_keep_their_first_spelling() {
        let environment = Environment::default();
        environment.set(&wide("Name"), Some(&wide("1"))).unwrap();
        environment.set(&wide("NAME"), Some(&wide("2"))).unwrap();
        environment.set(&wide("=C:"), Some(&wide(r"C:\x"))).unwrap();
        assert_eq!(environment.get(&wide("name")), Some(wide("2")));
        assert_eq!(text(&environment.block()), "=C:=C:\\x\0Name=2\0\0");
        environment.set(&wide("name"), None).unwrap();
        environment.set(&wide("name"), None).unwrap();
        assert_eq!(environment.get(&wide("Name")), None);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let environment = Environment::default();
        for wrong in ["", "a=b", "=", "=a="] {
            assert_eq!(environment.set(&wide(wrong), Some(&[])), Err(NTSTATUS::STATUS_INVALID_PARAMETER), "{wrong:?}");
        }
    }

    #[test]
    fn expansion_is_not_recursive_and_leaves_what_is_unknown() {
        let environment = Environment::default();
        environment.set(&wide("A"), Some(&wide("one"))).unwrap();
        environment.set(&wide("B"), Some(&wide("%A%"))).unwrap();
        for (from, to) in [
            ("<%A%>", "<one>"),
            ("%B%", "%A%"),
            ("%a%%A%", "oneone"),
            ("%X%", "%X%"),
            ("100% sure", "100% sure"),
            ("a%%b", "a%%b"),
            ("%X%A%", "%Xone"),
        ] {
            assert_eq!(text(&environment.expand(&wide(from))), to, "{from}");
        }
    }

    #[test]
    fn a_block_comes_back() {
        let environment = Environment::from_block(&wide("=Z:=Z:\\\0b=2\0A=\0\0rest")).unwrap();
        assert_eq!(text(&environment.block()), "=Z:=Z:\\\0A=\0b=2\0\0");
        assert!(Environment::from_block(&wide("nothing\0\0")).is_err());
        assert_eq!(Environment::default().block(), [0, 0]);
    }

    #[test]
    fn the_hosts_variables_are_translated() {
        let host = [
            ("PATH", "/usr/bin::/opt/x/"),
            ("WINEPATH", r"Z:/mingw/bin;/other;C:\tools"),
            ("TMPDIR", "/var/tmp"),
            ("HOME", "/home/me"),
        ];
        let environment = Environment::from_host(host.map(|(name, value)| (name.into(), value.into())), &drives());
        let get = |name: &str| environment.get(&wide(name)).map(|value| text(&value)).unwrap_or_default();
        assert_eq!(get("PATH"), r"Z:\mingw\bin;Z:\other;C:\tools;Z:\usr\bin;Z:\opt\x;C:\windows\system32;C:\windows");
        assert_eq!(
            (get("temp"), get("HOME"), get("OS")),
            (r"Z:\var\tmp".into(), "/home/me".into(), "Windows_NT".into())
        );
        let back = environment.to_host(&drives());
        let path = back.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        assert_eq!(
            path,
            Some("/mingw/bin:/other:/data/c/tools:/usr/bin:/opt/x:/data/c/windows/system32:/data/c/windows".into())
        );
    }
}
