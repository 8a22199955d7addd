// Calls the functions that a plan lists with bad pointers, and notes what came of each call. Run by tests/pointers.rs, which makes the plan
// and reads the notes in the file `plan`, and tells from it which call a process died in, if it did.
#include <stdint.h>
#include <stdio.h>
#include <windows.h>

// What a parameter takes, as the plan says it.
enum kind { NUMBER, POINTER, HANDLE_OF_OBJECT, STREAM, KEY };
// Which bad pointers there are. Memory that is there, but full of bad pointers or ones, is only given in all parameters at once.
enum bad { NOTHING, UNMAPPED, READ_ONLY, LAST_BYTE, OF_POINTERS, OF_ONES, BADS };
// What can be wrong about a call.
enum wrong { ODD_EXCEPTION = 1, WRONG_ADDRESS, CANARY, LOCKED, THREAD_FAULT, NOT_THERE };
// How a process of ours ends before its plan does.
enum { EXIT_LOCKED = 0x70, EXIT_FAULT = 0x71, EXIT_SETUP = 0x72 };

struct function {
    char dll[32];
    char name[96];
    uint8_t count;
    // The first bad pointer it is given.
    uint8_t from;
    // The first one that it is not given.
    uint8_t until;
    uint8_t kinds[29];
};

struct finding {
    uint32_t function, step, wrong, code;
    uint64_t access, address;
};

#define FINDINGS 1024
struct plan {
    uint32_t functions, first, first_step, end;
    volatile uint32_t function, step, findings, calls, exceptions;
    // Only what is given in all parameters at once, the others being 1.
    uint32_t brief, pad[2];
    struct finding finding[FINDINGS];
    struct function of[];
};

#define PAGE 0x1000u
#define GOOD 0x10000u
#define CANARY_BYTE 0xc5
#define SCHEMES 6

static struct plan *plan;
static char *unmapped, *read_only, *last_page, *good, *full;
static HANDLE file, event;
static void *stream;
static DWORD main_thread;

// The call that is being made: where to go on when it raises.
volatile uint64_t armed_rsp;
static EXCEPTION_RECORD caught;

// invoke(function, slots, count, &result): calls with `count` (even, at least 4) slots, the first four in both kinds of registers. Gives 1 where
// the call raised an exception, for which the handler jumps to `invoke_raised`.
int invoke(void *function, const uint64_t *slots, uint64_t count, uint64_t *result);
extern char invoke_raised[];
__asm__(".text\n"
        ".globl invoke, invoke_raised\n"
        ".seh_proc invoke\n"
        "invoke:\n"
        "push %rbp\n.seh_pushreg %rbp\n"
        "push %rbx\n.seh_pushreg %rbx\n"
        "push %rsi\n.seh_pushreg %rsi\n"
        "push %rdi\n.seh_pushreg %rdi\n"
        "push %r12\n.seh_pushreg %r12\n"
        "push %r13\n.seh_pushreg %r13\n"
        "push %r14\n.seh_pushreg %r14\n"
        "push %r15\n.seh_pushreg %r15\n"
        "push %r9\n.seh_stackalloc 8\n"
        "mov %rsp, %rbp\n.seh_setframe %rbp, 0\n"
        ".seh_endprologue\n"
        "mov %rsp, armed_rsp(%rip)\n"
        "mov %rcx, %rax\n"
        "lea (%rdx,%r8,8), %r10\n"
        "1: sub $8, %r10\n"
        "push (%r10)\n"
        "cmp %rdx, %r10\n"
        "ja 1b\n"
        "mov (%rsp), %rcx\n"
        "mov 8(%rsp), %rdx\n"
        "mov 16(%rsp), %r8\n"
        "mov 24(%rsp), %r9\n"
        "movq %rcx, %xmm0\n"
        "movq %rdx, %xmm1\n"
        "movq %r8, %xmm2\n"
        "movq %r9, %xmm3\n"
        "call *%rax\n"
        "mov %rbp, %rsp\n"
        "mov (%rsp), %r9\n"
        "mov %rax, (%r9)\n"
        "xor %eax, %eax\n"
        "jmp 2f\n"
        "invoke_raised:\n"
        "mov %rsp, %rbp\n"
        "mov $1, %eax\n"
        "2: movq $0, armed_rsp(%rip)\n"
        "cld\n"
        "fninit\n"
        "movl $0x1f80, (%rsp)\n"
        "ldmxcsr (%rsp)\n"
        "lea 8(%rbp), %rsp\n"
        "pop %r15\n"
        "pop %r14\n"
        "pop %r13\n"
        "pop %r12\n"
        "pop %rdi\n"
        "pop %rsi\n"
        "pop %rbx\n"
        "pop %rbp\n"
        "ret\n"
        ".seh_endproc\n");

static void found(enum wrong wrong, uint32_t code, uint64_t access, uint64_t address) {
    if (plan->findings >= FINDINGS)
        return;
    struct finding *at = &plan->finding[plan->findings++];
    *at = (struct finding){plan->function, plan->step, wrong, code, access, address};
}

static LONG CALLBACK handler(EXCEPTION_POINTERS *info) {
    EXCEPTION_RECORD *record = info->ExceptionRecord;
    CONTEXT *context = info->ContextRecord;
    if (GetCurrentThreadId() == main_thread) {
        if (!armed_rsp) {
            found(THREAD_FAULT, record->ExceptionCode, record->ExceptionInformation[0], record->ExceptionInformation[1]);
            TerminateProcess(GetCurrentProcess(), EXIT_FAULT);
        }
        caught = *record;
        context->Rsp = armed_rsp;
        context->Rip = (uint64_t)invoke_raised;
        context->ContextFlags |= CONTEXT_CONTROL;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    // A thread or a callback that begins at a bad address: as if it had returned 0 at once.
    if (record->ExceptionCode == (DWORD)EXCEPTION_ACCESS_VIOLATION && record->ExceptionInformation[0] == 8) {
        context->Rip = *(uint64_t *)context->Rsp;
        context->Rsp += 8;
        context->Rax = 0;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    found(THREAD_FAULT, record->ExceptionCode, record->ExceptionInformation[0], record->ExceptionInformation[1]);
    return EXCEPTION_CONTINUE_SEARCH;
}

// The other thread, which uses what a call may have left locked.
static volatile LONG asked, answered;
typedef BOOL(WINAPI *wait_function)(volatile void *, void *, SIZE_T, DWORD);
typedef void(WINAPI *wake_function)(void *);
static wait_function wait_on;
static wake_function wake;
typedef char *(*setlocale_function)(int, const char *);
typedef int (*fflush_function)(void *);
static setlocale_function locale_of[2];
static fflush_function flush_of[2];
static LONG(WINAPI *open_key)(HKEY, const wchar_t *, DWORD, DWORD, HKEY *);
static LONG(WINAPI *close_key)(HKEY);

static void use_all(void) {
    wchar_t text[64];
    GetModuleHandleW(L"kernel32");
    void *block = HeapAlloc(GetProcessHeap(), 0, 40);
    HeapFree(GetProcessHeap(), 0, block);
    GetEnvironmentVariableW(L"PATH", text, 1);
    GetCurrentDirectoryW(64, text);
    CloseHandle(CreateEventW(NULL, FALSE, FALSE, NULL));
    CloseHandle(CreateFileW(L"scratch", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL));
    MEMORY_BASIC_INFORMATION at;
    VirtualQuery(good, &at, sizeof at);
    TlsFree(TlsAlloc());
    FlsFree(FlsAlloc(NULL));
    for (int i = 0; i < 2; i++) {
        locale_of[i](0, NULL);
        flush_of[i](NULL);
    }
    HKEY key;
    if (open_key && !open_key((HKEY)(ULONG_PTR)0x80000002, L"SOFTWARE", 0, KEY_READ, &key))
        close_key(key);
}

__attribute__((noreturn)) static DWORD WINAPI prober(void *unused) {
    (void)unused;
    for (;;) {
        LONG seen = answered;
        while (asked == seen)
            wait_on(&asked, &seen, sizeof seen, INFINITE);
        use_all();
        answered = asked;
        wake((void *)&answered);
    }
}

static void probe(void) {
    LONG before = answered;
    asked++;
    wake((void *)&asked);
    DWORD start = GetTickCount();
    while (answered == before) {
        wait_on(&answered, &before, sizeof before, 1000);
        if (answered == before && GetTickCount() - start > 8000) {
            found(LOCKED, 0, 0, 0);
            TerminateProcess(GetCurrentProcess(), EXIT_LOCKED);
        }
    }
}

// Memory.

static void *pages(SIZE_T size, DWORD protection) {
    // Reserved memory around them is as good as none.
    char *base = VirtualAlloc(NULL, size + 0x20000, MEM_RESERVE, PAGE_NOACCESS);
    return VirtualAlloc(base + 0x10000, size, MEM_COMMIT, protection);
}

static void fill(void *to, uint8_t byte, SIZE_T count) {
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
}

static int same(const char *from, uint8_t byte, SIZE_T count) {
    uint64_t word = byte * 0x0101010101010101ull;
    for (SIZE_T i = 0; i < count / 8; i++)
        if (((const uint64_t *)from)[i] != word)
            return 0;
    return 1;
}

static void memory(void) {
    // Reserved once and never committed.
    unmapped = (char *)VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_NOACCESS) + 0x10000;
    read_only = pages(PAGE, PAGE_READONLY);
    last_page = pages(PAGE, PAGE_READWRITE);
    good = pages(GOOD, PAGE_READWRITE);
    full = pages(GOOD, PAGE_READWRITE);
}

static void refresh(enum bad bad) {
    DWORD old;
    VirtualProtect(read_only, PAGE, PAGE_READONLY, &old);
    VirtualProtect(last_page, PAGE, PAGE_READWRITE, &old);
    VirtualProtect(good, GOOD, PAGE_READWRITE, &old);
    fill(last_page, CANARY_BYTE, PAGE - 1);
    last_page[PAGE - 1] = 'A';
    fill(good, 0, GOOD);
    VirtualProtect(full, GOOD, PAGE_READWRITE, &old);
    fill(full, 0xff, bad >= OF_POINTERS ? GOOD : 0);
    for (unsigned i = 0; bad == OF_POINTERS && i < GOOD / 8; i++)
        ((char **)full)[i] = unmapped;
}

// Whether an access to this address does fault.
static int faults(uint64_t access, uint64_t address) {
    MEMORY_BASIC_INFORMATION at;
    if (address < 0x10000 || address >= 0x7fffffff0000)
        return 1;
    if (!VirtualQuery((void *)address, &at, sizeof at) || at.State != MEM_COMMIT)
        return 1;
    switch (at.Protect & 0xff) {
    case PAGE_READWRITE:
    case PAGE_WRITECOPY: return access == 8;
    case PAGE_READONLY: return access != 0;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE: return access == 1;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY: return 0;
    default: return 1;
    }
}

static uint64_t bad_pointer(enum bad bad) {
    switch (bad) {
    case UNMAPPED: return (uint64_t)unmapped;
    case READ_ONLY: return (uint64_t)read_only;
    case LAST_BYTE: return (uint64_t)last_page + PAGE - 1;
    case OF_POINTERS:
    case OF_ONES: return (uint64_t)full;
    default: return 0;
    }
}

// What a parameter that is no bad pointer gets.
static uint64_t other(enum kind kind, unsigned scheme, unsigned index) {
    static const int64_t numbers[SCHEMES] = {0, 1, -1, 24, 2, 0x1003};
    switch (kind) {
    case POINTER: return (uint64_t)good + index * PAGE;
    case STREAM: return (uint64_t)stream;
    case KEY: return scheme == 1 ? (uint64_t)(LONG)0x80000001 : scheme == 2 ? (uint64_t)(LONG)0x80000002 : (uint64_t)numbers[scheme];
    case HANDLE_OF_OBJECT: {
        const HANDLE handles[SCHEMES] = {NULL, GetCurrentProcess(), file, event, GetProcessHeap(), GetCurrentThread()};
        return (uint64_t)handles[scheme];
    }
    default: return (uint64_t)numbers[scheme];
    }
}

static unsigned is_pointer(uint8_t kind) {
    return kind == POINTER || kind == STREAM;
}

// Runs one step, of which there are `BADS * ways * SCHEMES`: which bad pointer, where it is given (one parameter, or all), what the others are.
static int run_step(const struct function *function, void *address, unsigned pointers, unsigned step) {
    unsigned scheme = step % SCHEMES, ways = pointers > 1 ? pointers + 1 : 1, way = step / SCHEMES % ways;
    enum bad bad = step / SCHEMES / ways;
    if (bad >= BADS)
        return 0;
    if (bad < function->from || bad >= function->until || (scheme && function->count == pointers))
        return 1;
    if ((plan->brief || bad >= OF_POINTERS) && (way != ways - 1 || scheme > 1))
        return 1;
    uint64_t slots[32] = {0}, result = 0;
    for (unsigned i = 0, pointer = 0; i < function->count; i++) {
        unsigned here = is_pointer(function->kinds[i]) && (pointer++ == way || way == pointers);
        slots[i] = here ? bad_pointer(bad) : other(function->kinds[i], scheme, i);
    }
    refresh(bad);
    plan->step = step;
    plan->calls++;
    SetLastError(0);
    unsigned count = function->count < 4 ? 4 : (function->count + 1u) & ~1u;
    if (invoke(address, slots, count, &result)) {
        plan->exceptions++;
        uint64_t access = caught.NumberParameters > 1 ? caught.ExceptionInformation[0] : 0;
        uint64_t at = caught.NumberParameters > 1 ? caught.ExceptionInformation[1] : 0;
        if (caught.ExceptionCode != (DWORD)EXCEPTION_ACCESS_VIOLATION || !memcmp(function->name, "Nt", 2))
            found(ODD_EXCEPTION, caught.ExceptionCode, access, at);
        else if (!faults(access, at))
            found(WRONG_ADDRESS, caught.ExceptionCode, access, at);
    }
    DWORD old;
    VirtualProtect(read_only, PAGE, PAGE_READONLY, &old);
    VirtualProtect(last_page, PAGE, PAGE_READWRITE, &old);
    if (!same(last_page, CANARY_BYTE, PAGE - 8) || !same(read_only, 0, PAGE))
        found(CANARY, 0, 0, 0);
    probe();
    return 1;
}

static void ignore_parameters(void) {
}

static void run_function(const struct function *function, unsigned step) {
    HMODULE module = LoadLibraryA(function->dll);
    void *address = (void *)GetProcAddress(module, function->name);
    if (!address) {
        found(NOT_THERE, GetLastError(), 0, 0);
        return;
    }
    unsigned pointers = 0;
    for (unsigned i = 0; i < function->count; i++) {
        pointers += is_pointer(function->kinds[i]);
        if (function->kinds[i] == STREAM) {
            void *(*open)(const char *, const char *) = (void *)GetProcAddress(module, "fopen");
            stream = open ? open("stream", "w+b") : NULL;
        }
    }
    void *(*set)(void *) = (void *)GetProcAddress(module, "_set_invalid_parameter_handler");
    if (set)
        set(ignore_parameters);
    for (; run_step(function, address, pointers, step); step++)
        ;
}

int main(void) {
    HANDLE shared = CreateFileA("plan", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(shared, NULL, PAGE_READWRITE, 0, 0, NULL);
    plan = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!plan) {
        puts("there is no plan");
        return EXIT_SETUP;
    }
    main_thread = GetCurrentThreadId();
    memory();
    file = CreateFileA("scratch", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
    event = CreateEventA(NULL, TRUE, TRUE, NULL);
    HMODULE synch = LoadLibraryA("api-ms-win-core-synch-l1-2-0.dll"), advapi = LoadLibraryA("advapi32.dll");
    wait_on = (wait_function)(void *)GetProcAddress(synch, "WaitOnAddress");
    wake = (wake_function)(void *)GetProcAddress(synch, "WakeByAddressSingle");
    open_key = (void *)GetProcAddress(advapi, "RegOpenKeyExW");
    close_key = (void *)GetProcAddress(advapi, "RegCloseKey");
    static const char *const runtimes[] = {"msvcrt.dll", "ucrtbase.dll"};
    for (int i = 0; i < 2; i++) {
        HMODULE runtime = LoadLibraryA(runtimes[i]);
        locale_of[i] = (setlocale_function)(void *)GetProcAddress(runtime, "setlocale");
        flush_of[i] = (fflush_function)(void *)GetProcAddress(runtime, "fflush");
    }
    CreateThread(NULL, 0, prober, NULL, 0, NULL);
    AddVectoredExceptionHandler(1, handler);
    probe();
    unsigned step = plan->first_step;
    for (unsigned at = plan->first; at < plan->end; at++) {
        plan->function = at;
        plan->step = step;
        run_function(&plan->of[at], step);
        step = 0;
    }
    plan->function = plan->end;
    // What was registered to run at the end is not to.
    TerminateProcess(GetCurrentProcess(), 0);
}
