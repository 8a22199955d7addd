// How programs end that nobody helps: `crash_ends KIND`.
#include "say.h"
#include <stdlib.h>
#include <string.h>

static LONG CALLBACK filter(EXCEPTION_POINTERS *pointers) {
    say("filter: %lx", pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG CALLBACK passes(EXCEPTION_POINTERS *pointers) {
    say("filter: %lx", pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}


static LONG CALLBACK hears(EXCEPTION_POINTERS *pointers) {
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode == 0x40010006)
        say("heard: %lu parameters, %lu: %s", record->NumberParameters, (unsigned long)record->ExceptionInformation[0],
            (const char *)record->ExceptionInformation[1]);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void fault(void) {
    __asm__ volatile("movl $0, (%%rcx)" : : "c"(0) : "memory");
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "";
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000002};
    if (!strcmp(kind, "filter")) {
        say("before: %d", SetUnhandledExceptionFilter(filter) != filter);
        say("set: %d", SetUnhandledExceptionFilter(filter) == filter);
        fault();
    }
    if (!strcmp(kind, "filter-passes")) {
        SetUnhandledExceptionFilter(passes);
        fault();
    }
    if (!strcmp(kind, "no-box")) {
        SetErrorMode(SEM_NOGPFAULTERRORBOX);
        SetUnhandledExceptionFilter(NULL);
        fault();
    }
    if (!strcmp(kind, "quiet-filter")) {
        CONTEXT context = {0};
        EXCEPTION_POINTERS pointers = {&record, &context};
        SetErrorMode(SEM_NOGPFAULTERRORBOX);
        SetUnhandledExceptionFilter(NULL);
        say("answer: %ld", UnhandledExceptionFilter(&pointers));
    }
    if (!strcmp(kind, "fastfail"))
        __asm__ volatile("int $0x29" : : "c"(7));
    if (!strcmp(kind, "failfast"))
        RaiseFailFastException(NULL, NULL, 0);
    if (!strcmp(kind, "failfast-record"))
        RaiseFailFastException(&record, NULL, FAIL_FAST_GENERATE_EXCEPTION_ADDRESS);
    if (!strcmp(kind, "terminate"))
        TerminateProcess(GetCurrentProcess(), 77);
    if (!strcmp(kind, "debug-output")) {
        AddVectoredExceptionHandler(1, hears);
        OutputDebugStringA("said\ntwice");
        OutputDebugStringW(L"wide");
        say("debugger: %d", IsDebuggerPresent());
    }
    return 0;
}
