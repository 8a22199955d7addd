// Exceptions seen by vectored handlers and by the unhandled filter.
#include "say.h"
#include <string.h>

static int mode;

static LONG CALLBACK handler(EXCEPTION_POINTERS *info) {
    EXCEPTION_RECORD *record = info->ExceptionRecord;
    say("handler: %08lx flags %lx parameters %lu", record->ExceptionCode, record->ExceptionFlags, record->NumberParameters);
    if (mode == 0 && record->ExceptionCode == 0xe0000123) {
        say("arguments: %d %d", (int)record->ExceptionInformation[0], (int)record->ExceptionInformation[1]);
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (mode == 1 && record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION) {
        say("%s %p", record->ExceptionInformation[0] ? "write" : "read", (void *)record->ExceptionInformation[1]);
        // The faulting instruction reads through rcx: point it at something good.
        static int good = 99;
        info->ContextRecord->Rcx = (DWORD64)&good;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (mode == 2 && record->ExceptionCode == EXCEPTION_BREAKPOINT) {
        info->ContextRecord->Rip += 1;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (mode == 3 && record->ExceptionCode == EXCEPTION_INT_DIVIDE_BY_ZERO) {
        info->ContextRecord->Rcx = 7;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK first(EXCEPTION_POINTERS *info) {
    (void)info;
    say("first handler");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI filter(EXCEPTION_POINTERS *info) {
    say("unhandled filter: %08lx", info->ExceptionRecord->ExceptionCode);
    ExitProcess(33);
}

static int read_through_rcx(int *p) {
    int value;
    __asm__ volatile("movl (%%rcx), %0" : "=a"(value) : "c"(p) : "memory");
    return value;
}

static int divide_by_rcx(int n, int by) {
    int quotient;
    __asm__ volatile("cltd\n\tidivl %%ecx" : "=a"(quotient) : "a"(n), "c"(by) : "edx");
    return quotient;
}

int main(void) {
    void *h = AddVectoredExceptionHandler(1, handler);
    say("added: %d", h != NULL);
    ULONG_PTR arguments[] = {11, 22};
    RaiseException(0xe0000123, 0, 2, arguments);
    say("raised and went on");
    mode = 1;
    say("read through a bad pointer: %d", read_through_rcx((int *)0x10));
    mode = 2;
    __asm__ volatile("int3");
    say("over a breakpoint");
    mode = 3;
    say("divided: %d", divide_by_rcx(42, 0));
    void *before = AddVectoredExceptionHandler(1, first);
    mode = 0;
    RaiseException(0xe0000123, 0, 2, arguments);
    say("removed: %d", RemoveVectoredExceptionHandler(before) != 0);
    RaiseException(0xe0000123, 0, 2, arguments);
    say("removed: %d", RemoveVectoredExceptionHandler(h) != 0);
    SetUnhandledExceptionFilter(filter);
    RaiseException(0xe0000456, EXCEPTION_NONCONTINUABLE, 0, NULL);
    say("not reached");
    return 0;
}
