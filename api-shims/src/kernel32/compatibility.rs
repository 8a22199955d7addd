//! The version that a program is told, which depends on what its manifest says that it was made for.
//!
//! A program that does not name Windows 8.1 or 10 is told that it runs on Windows 8
//! (<https://learn.microsoft.com/windows/win32/sysinfo/targeting-your-application-at-windows-8-1>).

use loader::resources::{Language, ResourceId};
use syscall_xlate::Cx;
use syscall_xlate::process::Version;

/// `RT_MANIFEST`
const MANIFEST: u16 = 24;
/// `CREATEPROCESS_MANIFEST_RESOURCE_ID`
const OF_PROGRAM: u16 = 1;
/// Windows 10 and 11 in `supportedOS`.
const WINDOWS_10: &str = "8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a";
/// Windows 8.1 in `supportedOS`.
const WINDOWS_8_1: &str = "1f676c76-80e1-4239-95bb-83d0f6d0da78";
/// What programs are told that name neither.
const WINDOWS_8: Version = Version { major: 6, minor: 2, build: 9200, service_pack: "" };

/// The version that `GetVersionEx` and its kind report. A process without a program, as in tests, is told the truth.
pub(super) fn reported(cx: &Cx) -> Version {
    let real = cx.process.version();
    let number = |version: Version| (version.major, version.minor);
    let Some(program) = cx.process.program() else {
        return real;
    };
    if number(real) <= number(WINDOWS_8) {
        return real;
    }
    let manifest = program.image().and_then(|image| {
        let resources = image.resources()?;
        let found =
            resources.find(&ResourceId::Id(MANIFEST), &ResourceId::Id(OF_PROGRAM), Language::Prefer(0x409)).ok()?;
        Some(String::from_utf8_lossy(&resources.bytes(&found)?).to_ascii_lowercase())
    });
    match manifest {
        Some(manifest) if manifest.contains(WINDOWS_10) => real,
        Some(manifest) if manifest.contains(WINDOWS_8_1) => Version::WINDOWS_8_1,
        _ => WINDOWS_8,
    }
}
