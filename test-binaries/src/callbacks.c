// Exceptions raised in functions that the system calls: they pass the system's frames, and what called works again afterwards, on this thread
// and on another one. Those that nobody can catch end the process.
#include "say.h"
#include <stdlib.h>
#include <string.h>

// int caught(void (*body)(int), int argument): __try { body(argument); return 0; } __except (1) { return 1; }
int caught(void (*body)(int), int argument);
__asm__(".text\n"
        ".globl caught\n"
        ".seh_proc caught\n"
        "caught:\n"
        "    sub $40, %rsp\n"
        "    .seh_stackalloc 40\n"
        "    .seh_endprologue\n"
        "    mov %rcx, %rax\n"
        "    mov %edx, %ecx\n"
        ".Ltry: call *%rax\n"
        "    nop\n"
        ".Ltried:\n"
        "    xor %eax, %eax\n"
        "    jmp 1f\n"
        ".Lexcept:\n"
        "    mov $1, %eax\n"
        "1:  add $40, %rsp\n"
        "    ret\n"
        ".seh_handler __C_specific_handler, @except, @unwind\n"
        ".seh_handlerdata\n"
        ".long 1\n"
        ".rva .Ltry, .Ltried\n"
        ".long 1\n"
        ".rva .Lexcept\n"
        ".text\n"
        ".seh_endproc\n");

static volatile LONG calls;
static volatile int raising;

static void called(void) {
    InterlockedIncrement(&calls);
    if (raising)
        RaiseException(0xe0000001, 0, 0, NULL);
}

// What calls back.

static int compares(const void *a, const void *b) {
    called();
    return *(const int *)a - *(const int *)b;
}

static void sort(int unused) {
    (void)unused;
    int numbers[] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, compares);
}

static void search(int unused) {
    (void)unused;
    int numbers[] = {1}, key = 1;
    bsearch(&key, numbers, 1, sizeof key, compares);
}

static void sort_ucrt(int unused) {
    (void)unused;
    int numbers[] = {2, 1};
    void (*sorts)(void *, size_t, size_t, int (*)(const void *, const void *)) =
        (void *)GetProcAddress(LoadLibraryA("ucrtbase.dll"), "qsort");
    sorts(numbers, 2, sizeof *numbers, compares);
}

static BOOL CALLBACK locale(LPWSTR name) {
    (void)name;
    called();
    return FALSE;
}

static void locales(int unused) {
    (void)unused;
    EnumSystemLocalesW(locale, LCID_INSTALLED);
}

static BOOL CALLBACK type(HMODULE module, LPWSTR name, LONG_PTR parameter) {
    (void)module, (void)name, (void)parameter;
    called();
    return FALSE;
}

static void types(int unused) {
    (void)unused;
    EnumResourceTypesW(NULL, type, 0);
}

static BOOL CALLBACK resource(HMODULE module, LPCWSTR type, LPWSTR name, LONG_PTR parameter) {
    (void)module, (void)type, (void)name, (void)parameter;
    called();
    return FALSE;
}

static void resources(int unused) {
    (void)unused;
    EnumResourceNamesW(NULL, (LPCWSTR)RT_STRING, resource, 0);
}

static BOOL CALLBACK first(PINIT_ONCE once, PVOID parameter, PVOID *context) {
    (void)once, (void)parameter, (void)context;
    called();
    return TRUE;
}

static void once(int unused) {
    (void)unused;
    // One that raised stays begun: a new one each time.
    INIT_ONCE one = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&one, first, NULL, NULL);
}

static void CALLBACK forget(void *value) {
    (void)value;
    called();
}

static void fls(int unused) {
    (void)unused;
    DWORD slot = FlsAlloc(forget);
    FlsSetValue(slot, (void *)1);
    FlsFree(slot);
}

static void CALLBACK call(ULONG_PTR parameter) {
    (void)parameter;
    called();
}

static void apc(int unused) {
    (void)unused;
    QueueUserAPC(call, GetCurrentThread(), 0);
    SleepEx(0, TRUE);
}

static void *main_fiber;

static void plainly(int unused) {
    (void)unused;
    called();
}

static void CALLBACK fiber(void *parameter) {
    (void)parameter;
    say("  in the fiber: %d", caught(plainly, 0));
    SwitchToFiber(main_fiber);
}

static void fibers(int unused) {
    (void)unused;
    main_fiber = ConvertThreadToFiber(NULL);
    void *other = CreateFiber(0, fiber, NULL);
    SwitchToFiber(other);
    DeleteFiber(other);
    ConvertFiberToThread();
}

static int nests(const void *a, const void *b) {
    (void)a, (void)b;
    say("  within: %d", caught(sort, 0));
    int numbers[] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, compares);
    return 0;
}

static void nested(int unused) {
    (void)unused;
    int numbers[] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, nests);
}

static DWORD WINAPI on_another(void *body) {
    ((void (*)(int))body)(0);
    return 0;
}

static void elsewhere(void (*body)(int)) {
    HANDLE thread = CreateThread(NULL, 0, on_another, body, 0, NULL);
    if (WaitForSingleObject(thread, 5000) != WAIT_OBJECT_0)
        say("  hangs on another thread");
    CloseHandle(thread);
}

static void through(const char *name, void (*body)(int)) {
    say("%s", name);
    calls = 0;
    raising = 1;
    int raised = caught(body, 0);
    // What a trace shows at depth 0.
    SetLastError(0x7777);
    raising = 0;
    LONG with = calls;
    body(0);
    LONG again = calls - with;
    elsewhere(body);
    say("  caught %d, called %ld times, then %ld, then %ld", raised, with, again, calls - with - again);
}

// DLLs.

static DWORD WINAPI runs(void *parameter) {
    (void)parameter;
    return 42;
}

static void loads_other(int unused) {
    (void)unused;
    HMODULE dll = LoadLibraryA("dll_refuses.dll");
    say("  dll_refuses on another thread: %d", dll != NULL);
}

static void dll(const char *occasion) {
    SetEnvironmentVariableA("RAISE", occasion);
    SetLastError(0);
    HMODULE dll = LoadLibraryA("dll_raises.dll");
    DWORD error = dll ? 0 : GetLastError();
    say("%s: loaded %d, error %lu", occasion, dll != NULL, error);
    HANDLE thread = CreateThread(NULL, 0, runs, NULL, 0, NULL);
    WaitForSingleObject(thread, 5000);
    DWORD code = 0;
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    say("  a thread gives %lu", code);
    if (dll)
        say("  freed %d", FreeLibrary(dll));
    say("  there %d", GetModuleHandleA("dll_raises.dll") != NULL);
    elsewhere(loads_other);
    SetLastError(0x7777);
}

// What nobody catches.

static LONG CALLBACK filter(EXCEPTION_POINTERS *info) {
    say("filter: %08lx", info->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static DWORD WINAPI thread(void *parameter) {
    (void)parameter;
    called();
    return 0;
}

static void CALLBACK work(PTP_CALLBACK_INSTANCE instance, void *context) {
    (void)instance, (void)context;
    called();
}

static void CALLBACK timer(void *parameter, BOOLEAN fired) {
    (void)parameter, (void)fired;
    called();
}

static void CALLBACK lone_fiber(void *parameter) {
    (void)parameter;
    called();
}

static void at_exit(void) {
    called();
}

static void uncaught(const char *what) {
    SetUnhandledExceptionFilter(filter);
    raising = 1;
    if (!strcmp(what, "thread"))
        CreateThread(NULL, 0, thread, NULL, 0, NULL);
    if (!strcmp(what, "work"))
        TrySubmitThreadpoolCallback(work, NULL, NULL);
    if (!strcmp(what, "timer")) {
        HANDLE one;
        CreateTimerQueueTimer(&one, NULL, timer, NULL, 0, 0, 0);
    }
    if (!strcmp(what, "fiber")) {
        ConvertThreadToFiber(NULL);
        SwitchToFiber(CreateFiber(0, lone_fiber, NULL));
    }
    if (!strcmp(what, "atexit")) {
        atexit(at_exit);
        exit(3);
    }
    Sleep(5000);
    say("still there");
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "FlsFree")) {
        through("FlsFree", fls);
        return 0;
    }
    if (argc > 1) {
        uncaught(argv[1]);
        return 1;
    }
    through("qsort", sort);
    through("qsort of ucrtbase", sort_ucrt);
    through("bsearch", search);
    through("nested", nested);
    through("EnumSystemLocalesW", locales);
    through("EnumResourceTypesW", types);
    through("EnumResourceNamesW", resources);
    through("InitOnceExecuteOnce", once);
    through("SleepEx", apc);
    through("a fiber", fibers);
    dll("attach");
    dll("fault");
    dll("detach");
    dll("thread attach");
    dll("thread detach");
    dll("TLS attach");
    dll("TLS thread attach");
    dll("never");
    return 0;
}
