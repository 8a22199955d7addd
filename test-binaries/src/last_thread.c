// The last thread ends, and ends itself again while the process tells its modules.
#include "check.h"

static void NTAPI callback(void *module, DWORD reason, void *reserved) {
    (void)module;
    (void)reserved;
    if (reason != DLL_PROCESS_DETACH)
        return;
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    char here;
    NUM("told on the thread's stack", &here < (char *)tib->StackBase && &here >= (char *)tib->StackLimit);
    fflush(stdout);
    ExitThread(6);
}

__attribute__((section(".CRT$XLY"), used)) static PIMAGE_TLS_CALLBACK entry = callback;

int main(void) {
    puts("main ends its thread");
    fflush(stdout);
    ExitThread(5);
}
