//! Many exeunts at once, in one folder: all succeed, and nothing is left behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const AT_ONCE: usize = 500;

#[test]
fn five_hundred_starts_in_one_folder_all_succeed_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("hello_nocrt.exe");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin/hello_nocrt.exe"), &program).unwrap();
    let home = tempfile::tempdir().unwrap();

    let start = |_| {
        Command::new(env!("CARGO_BIN_EXE_exeunt"))
            .arg("hello_nocrt.exe")
            .current_dir(folder.path())
            .env("HOME", home.path())
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..AT_ONCE).map(start).collect();
    let ids: BTreeSet<u32> = children.iter().map(std::process::Child::id).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "Hello from kernel32\r\n");
        assert!(output.stderr.is_empty());
    }

    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["hello_nocrt.exe"]);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "something was written to the home folder");
    assert_eq!(descendants_of(&ids), BTreeSet::new(), "processes are left");
}

/// Processes whose parent or session is one of these.
fn descendants_of(ids: &BTreeSet<u32>) -> BTreeSet<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let of_theirs = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name in parentheses: state, parent, group, session.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').skip(1).take(3).any(|field| field.parse().is_ok_and(|id| ids.contains(&id)))
    };
    numbers.filter(of_theirs).collect()
}
