//! The process object: what a process handle stands for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use abi::NTSTATUS;

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, Kind, Object};
use crate::wait::{Dispatcher, Signal};

/// `PROCESS_TERMINATE`
pub const TERMINATE: Access = 0x0001;
/// `PROCESS_DUP_HANDLE`
pub const DUP_HANDLE: Access = 0x0040;
/// `PROCESS_SET_INFORMATION`
pub const SET_INFORMATION: Access = 0x0200;
/// `PROCESS_QUERY_INFORMATION`
pub const QUERY_INFORMATION: Access = 0x0400;
/// `PROCESS_QUERY_LIMITED_INFORMATION`
pub const QUERY_LIMITED_INFORMATION: Access = 0x1000;
/// `PROCESS_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0xffff;
/// What generic rights mean for a process.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0410, write: 0x0002_0bea, execute: 0x0012_1001, all: ALL_ACCESS };

/// The rights of a handle that is opened with these: the right to query carries the limited one ("Process Security and Access Rights").
pub const fn granted(desired: Access) -> Access {
    let access = MAPPING.map(desired);
    if access & QUERY_INFORMATION != 0 { access | QUERY_LIMITED_INFORMATION } else { access }
}

/// A process. It is signalled once it has ended.
#[derive(Debug)]
pub struct ProcessObject {
    id: u32,
    dispatcher: Dispatcher,
    exit_status: AtomicU32,
    /// `NORMAL_PRIORITY_CLASS` and the like.
    priority_class: AtomicU32,
}

/// `NORMAL_PRIORITY_CLASS`
const NORMAL_PRIORITY_CLASS: u32 = 0x20;

impl Object for ProcessObject {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Process
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.dispatcher)
    }
}

impl ProcessObject {
    /// A running process.
    pub fn new(id: u32) -> Arc<Self> {
        let exit_status = AtomicU32::new(NTSTATUS::STATUS_PENDING.0);
        let priority_class = AtomicU32::new(NORMAL_PRIORITY_CLASS);
        Arc::new(Self { id, dispatcher: Dispatcher::new(Signal::Notification, false), exit_status, priority_class })
    }

    /// Its identifier.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Its priority class (`NORMAL_PRIORITY_CLASS` and the like).
    pub fn priority_class(&self) -> u32 {
        self.priority_class.load(Ordering::Relaxed)
    }

    /// Notes its priority class.
    pub fn set_priority_class(&self, class: u32) {
        self.priority_class.store(class, Ordering::Relaxed);
    }

    /// Its exit status; `STATUS_PENDING` (`STILL_ACTIVE`) while it runs.
    pub fn exit_status(&self) -> u32 {
        self.exit_status.load(Ordering::Acquire)
    }

    /// It has ended: who waits for it is woken. Only the first call counts.
    pub fn end(&self, exit_status: u32) {
        if !self.dispatcher.is_signalled() {
            self.exit_status.store(exit_status, Ordering::Release);
            self.dispatcher.set();
        }
    }
}
