//! Telling modules of the beginning and end of process and threads: TLS callbacks and `DllMain`.

use std::sync::{Arc, PoisonError};

use abi::{NTSTATUS, fault};
use loader::Module;
use loader::image::Symbol;
use loader::synthetic::ExportKind;

use super::StaticTls;
use crate::Cx;

/// `fdwReason` of `DllMain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
enum Reason {
    ProcessDetach = 0,
    ProcessAttach = 1,
    ThreadAttach = 2,
    ThreadDetach = 3,
}

/// What `DllMain` and TLS callbacks are given.
fn arguments_of(module: &Module, reason: Reason, reserved: u64) -> [u64; 3] {
    [module.base(), reason as u64, reserved]
}

/// TLS callbacks of one module at most; an array without an end is cut here.
const MOST_CALLBACKS: u64 = 1024;

impl Cx<'_> {
    /// Initialises the program and what it imports, on its first thread. The program's own entry point is not called.
    ///
    /// # Errors
    /// `STATUS_DLL_INIT_FAILED` when a `DllMain` refuses.
    pub(crate) fn attach_program(&self) -> Result<(), NTSTATUS> {
        let modules = &self.process.modules;
        modules.lock.acquire(self.thread.id());
        self.register_static_tls(&[])?;
        let result = self.attach_modules(&modules.list.initialisation_order());
        modules.lock.release();
        result
    }

    /// Gives this thread its thread-local variables and tells all modules of it.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY`.
    pub(crate) fn attach_thread(&self) -> Result<(), NTSTATUS> {
        let modules = &self.process.modules;
        modules.lock.acquire(self.thread.id());
        let order = modules.list.initialisation_order();
        let result = self.register_static_tls(&order);
        if result.is_ok() {
            for module in &order {
                let _ = self.notify(module, Reason::ThreadAttach, 0);
            }
        }
        modules.lock.release();
        result
    }

    /// Tells all modules that this thread ends.
    pub(crate) fn detach_thread(&self) {
        let modules = &self.process.modules;
        modules.lock.acquire(self.thread.id());
        for module in modules.list.initialisation_order().iter().rev() {
            let _ = self.notify(module, Reason::ThreadDetach, 0);
        }
        modules.lock.release();
    }

    /// Tells all modules that the process ends, and runs the ends of the shim DLLs.
    pub(crate) fn detach_process(&self) {
        let modules = &self.process.modules;
        // The thread that ends the process goes on even if another one, which will be gone in a moment, sits on the lock.
        let mut order = modules.list.initialisation_order();
        order.reverse();
        self.detach_modules(&order, true);
        for dll in self.process.dlls().iter().rev() {
            if let Some(detach) = dll.detach {
                detach(self);
            }
        }
    }

    /// Forgets this thread's variables and gives back the loader lock if it has it.
    pub(crate) fn forget_thread(&self) {
        let modules = &self.process.modules;
        let mine = self.thread.static_tls();
        modules.threads.lock().unwrap_or_else(PoisonError::into_inner).retain(|tls| !Arc::ptr_eq(tls, mine));
        modules.lock.abandon(self.thread.id());
    }

    fn register_static_tls(&self, loaded: &[Arc<Module>]) -> Result<(), NTSTATUS> {
        let tls = self.thread.static_tls();
        loaded.iter().filter_map(|module| module.tls()).try_for_each(|template| tls.add(template))?;
        self.process.modules.threads.lock().unwrap_or_else(PoisonError::into_inner).push(tls.clone());
        Ok(())
    }

    /// Initialises new modules, in the order given; each thread gets their variables first.
    pub(super) fn attach_modules(&self, new: &[Arc<Module>]) -> Result<(), NTSTATUS> {
        let threads: Vec<Arc<StaticTls>> =
            self.process.modules.threads.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for template in new.iter().filter_map(|module| module.tls()) {
            threads.iter().try_for_each(|thread| thread.add(template))?;
        }
        drop(threads);
        // `lpvReserved` of DllMain: not null for what is loaded with the program.
        for (index, module) in new.iter().enumerate() {
            let by_program = self
                .process
                .program()
                .is_some_and(|program| new.last().is_some_and(|last| Arc::ptr_eq(last, &program)));
            if let Err(status) = self.notify(module, Reason::ProcessAttach, u64::from(by_program)) {
                self.detach_modules(&new[..index].iter().rev().cloned().collect::<Vec<_>>(), false);
                return Err(status);
            }
        }
        Ok(())
    }

    /// Tells modules that they go, in the order given. `ending` says that the process does, too.
    pub(super) fn detach_modules(&self, modules: &[Arc<Module>], ending: bool) {
        for module in modules {
            let _ = self.notify(module, Reason::ProcessDetach, u64::from(ending));
        }
        if !ending {
            let threads = self.process.modules.threads.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for index in modules.iter().filter_map(|module| module.tls()).map(|template| template.index) {
                threads.iter().for_each(|thread| thread.remove(index));
            }
        }
    }

    /// Calls a module's TLS callbacks and, for a DLL, its entry point. What they raise ends here, but for the program's own beginning and end,
    /// which `reserved` says: it makes an attach fail.
    ///
    /// # Errors
    /// `STATUS_DLL_INIT_FAILED` when `DllMain` refuses to attach; what it raised.
    fn notify(&self, module: &Module, reason: Reason, reserved: u64) -> Result<(), NTSTATUS> {
        let call = |function| match reserved {
            0 => self.call_guarded(function, arguments_of(module, reason, reserved)),
            _ => Ok(self.call_guest(function, arguments_of(module, reason, reserved)) as u32),
        };
        for index in 0..MOST_CALLBACKS {
            let Some(callbacks) = module.tls().and_then(|tls| tls.callbacks) else { break };
            // Read one by one: the guest may change the array as it is walked.
            let Ok(callback @ 1..) = fault::load_u64(callbacks + 8 * index) else { break };
            // That of a TLS callback is nobody's to see.
            let _ = call(callback);
        }
        if reason == Reason::ProcessAttach {
            self.attach_shims(module);
        }
        let Some(entry) = module.image().filter(|image| image.is_dll()).and_then(|_| module.entry()) else {
            return Ok(());
        };
        match call(entry) {
            Ok(0) if reason == Reason::ProcessAttach => Err(NTSTATUS::STATUS_DLL_INIT_FAILED),
            Err(raised) if reason == Reason::ProcessAttach => Err(raised),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Lets a shim DLL fill its variables.
    fn attach_shims(&self, module: &Module) {
        let Some(shim) = module.shim() else { return };
        let dll = self.process.dlls().iter().find(|dll| dll.name == shim.name());
        if let Some(attach) = dll.and_then(|dll| dll.attach) {
            attach(self, &|name| {
                let index = shim.index_of(Symbol::Name(name.as_bytes()))?;
                matches!(shim.export(index)?.kind, ExportKind::Data { .. }).then(|| shim.address(index))?
            });
        }
    }
}
