//! vcruntime140.dll, what the compiler needs at run time.

use syscall_xlate::dll::{Dll, Export, Exports};

use crate::crt;

pub(crate) static DLL: Dll =
    Dll { name: "vcruntime140.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

#[rustfmt::skip]
static EXPORTS: &[Export] = &[
    Export::of::<crt::ehdata::_CxxThrowException>(),
    Export::of::<crt::ehdata::__AdjustPointer>(),
    Export::of::<crate::ntdll::excpt::__C_specific_handler>(),
    Export::of::<crt::ehdata::__CxxFrameHandler>(),
    Export::named::<crt::ehdata::__CxxFrameHandler>("__CxxFrameHandler2"),
    Export::of::<crt::ehdata::__CxxFrameHandler3>(),
    Export::of::<crt::ehdata::__DestructExceptionObject>(),
    Export::of::<crt::rttidata::__RTCastToVoid>(),
    Export::of::<crt::rttidata::__RTDynamicCast>(),
    Export::of::<crt::rttidata::__RTtypeid>(),
    Export::of::<crt::ehdata::__current_exception>(),
    Export::of::<crt::ehdata::__current_exception_context>(),
    Export::named::<syscall_xlate::jump::Setjmp>("__intrinsic_setjmp"),
    Export::named::<syscall_xlate::jump::Setjmp>("__intrinsic_setjmpex"),
    Export::of::<crt::ehdata::__processing_throw>(),
    Export::of::<crt::eh::__report_gsfailure>(),
    Export::of::<crt::eh::__std_exception_copy>(),
    Export::of::<crt::eh::__std_exception_destroy>(),
    Export::named::<crt::eh::terminate>("__std_terminate"),
    Export::of::<crt::rttidata::__std_type_info_compare>(),
    Export::of::<crt::rttidata::__std_type_info_destroy_list>(),
    Export::of::<crt::rttidata::__std_type_info_hash>(),
    Export::of::<crt::rttidata::__std_type_info_name>(),
    Export::of::<crt::ehdata::__uncaught_exception>(),
    Export::of::<crt::ehdata::__uncaught_exceptions>(),
    Export::of::<crt::eh::_purecall>(),
    Export::of::<crt::eh::_set_purecall_handler>(),
    Export::of::<crt::eh::_set_se_translator>(),
    Export::of::<syscall_xlate::jump::Longjmp>(),
    Export::of::<crt::string::memory::memchr>(),
    Export::of::<crt::string::memory::memcmp>(),
    Export::of::<crt::string::memory::memcpy>(),
    Export::of::<crt::string::memory::memmove>(),
    Export::of::<crt::string::memory::memset>(),
    Export::of::<crt::eh::set_unexpected>(),
    Export::of::<crt::string::search::strchr>(),
    Export::of::<crt::string::search::strrchr>(),
    Export::of::<crt::string::search::strstr>(),
    Export::of::<crt::eh::unexpected>(),
    Export::of::<crt::wchar::wcschr>(),
    Export::of::<crt::wchar::wcsrchr>(),
    Export::of::<crt::wchar::wcsstr>(),
];
