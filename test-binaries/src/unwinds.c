// Unwinding by every code there is: from each instruction of the functions of unwinds_code.s, and by exceptions through them; and through code
// made at run time, by tables that grow.
#include "check.h"
#include <string.h>

// Registers that a function keeps, as they are known before a call and found after it: RBX, RBP, RSI, RDI, R12 to R15, XMM6 to XMM15.
DWORD64 known[28], found[28];
DWORD64 expected_rip, expected_rsp;
extern int asked;
extern void calls_nothing(void);
extern int drives(void (*function)(void), void (*argument)(void), DWORD64 flags);

#define FUNCTIONS                                                                                                       \
    X(pushes) X(moves) X(largest) X(framed) X(framed_12) X(chained) X(listed) X(ends_rep) X(ends_number) X(ends_jump)       \
    X(ends_short) X(ends_memory) X(ends_plainly) X(leaf) Y(interrupted) Y(faulted)
#define X(name) extern char name[], name##_checked[];
#define Y(name) extern char name[], name##_proper[], name##_checked[];
FUNCTIONS
#undef X
#undef Y

#define X(name) {#name, name, name, name##_checked},
#define Y(name) {#name, name, name##_proper, name##_checked},
static const struct function {
    const char *name;
    char *start, *begin, *end;
} functions[] = {FUNCTIONS};

static const struct function *stepped;
static int instructions, right, handlers;

static void known_of(const CONTEXT *context, DWORD64 *to) {
    DWORD64 integers[] = {context->Rbx, context->Rbp, context->Rsi, context->Rdi,
                          context->R12, context->R13, context->R14, context->R15};
    memcpy(to, integers, sizeof integers);
    memcpy(to + 8, &context->Xmm6, 160);
}

// Unwinds from the instruction that comes next.
static LONG CALLBACK steps(EXCEPTION_POINTERS *info) {
    CONTEXT *context = info->ContextRecord;
    if (info->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    if (context->Rip == expected_rip)
        return EXCEPTION_CONTINUE_EXECUTION;
    context->EFlags |= 0x100;
    if ((char *)context->Rip < stepped->begin || (char *)context->Rip >= stepped->end)
        return EXCEPTION_CONTINUE_EXECUTION;
    static CONTEXT caller;
    caller = *context;
    DWORD64 base, frame, registers[28];
    void *data;
    PRUNTIME_FUNCTION entry = RtlLookupFunctionEntry(caller.Rip, &base, NULL);
    if (entry) {
        handlers += RtlVirtualUnwind(UNW_FLAG_EHANDLER, base, caller.Rip, entry, &caller, &data, &frame, NULL) != NULL;
    } else {
        caller.Rip = *(DWORD64 *)caller.Rsp;
        caller.Rsp += 8;
    }
    known_of(&caller, registers);
    int same = caller.Rip == expected_rip && caller.Rsp == expected_rsp && !memcmp(registers, known, sizeof known);
    if (!same)
        printf("  wrong at %d: Rip %d, Rsp %d, registers %d\n", (int)((char *)context->Rip - stepped->start), caller.Rip == expected_rip,
               (int)(caller.Rsp - expected_rsp), !memcmp(registers, known, sizeof known));
    instructions++;
    right += same;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void raises(void) {
    RaiseException(0xe0000001, 0, 0, NULL);
}

static void faults(void) {
    *(volatile int *)16 = 1;
}

// The stack's pages are there when a function takes much of it at once.
static int touches(void) {
    volatile char room[0x100000];
    int sum = 0;
    for (unsigned i = 0; i < sizeof room; i += 0x1000)
        sum += room[i] = 1;
    return sum;
}

static void codes(void) {
    for (int i = 0; i < 28; i++)
        known[i] = 0x1111111111111111 * (i % 15 + 1) + i;
    NUM("pages", touches());
    void *handler = AddVectoredExceptionHandler(1, steps);
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        stepped = &functions[i];
        instructions = right = handlers = asked = 0;
        memset(found, 0, sizeof found);
        int result = drives((void (*)(void))functions[i].start, calls_nothing, 0x100);
        printf("%s: returned %d, same registers %d, unwound from %d instructions of %d, handler for %d\n", functions[i].name, result,
               !memcmp(found, known, sizeof known), right, instructions, handlers);
        if (functions[i].start == leaf)
            continue;
        for (int fault = 0; fault < 2; fault++) {
            memset(found, 0, sizeof found);
            result = drives((void (*)(void))functions[i].start, fault ? faults : raises, 0);
            printf("  through it: %d, same registers %d, handler asked %d\n", result, !memcmp(found, known, sizeof known), asked);
        }
    }
    RemoveVectoredExceptionHandler(handler);
}

// Made at run time, 32 bytes each: push rbx; sub rsp, 32; mov ebx, n; call rcx; nop; add rsp, 32; pop rbx; ret.
enum { MADE = 40, EACH = 32, INFO = 0x800, ROWS = 0x900 };
static unsigned char *code;
static PRUNTIME_FUNCTION rows;

static void make(void) {
    static const unsigned char bytes[] = {0x53, 0x48, 0x83, 0xec, 32,   0xbb, 0,    0,    0,   0,
                                          0xff, 0xd1, 0x90, 0x48, 0x83, 0xc4, 32,   0x5b, 0xc3};
    static const unsigned char info[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30};
    code = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    rows = (PRUNTIME_FUNCTION)(code + ROWS);
    memcpy(code + INFO, info, sizeof info);
    for (int i = 0; i < MADE; i++) {
        memcpy(code + EACH * i, bytes, sizeof bytes);
        code[EACH * i + 6] = (unsigned char)i;
        rows[i].BeginAddress = EACH * i;
        rows[i].EndAddress = EACH * i + sizeof bytes;
        rows[i].UnwindData = INFO;
    }
}

static int has_entry(int index) {
    DWORD64 base = 0;
    PRUNTIME_FUNCTION entry = RtlLookupFunctionEntry((DWORD64)code + EACH * index + 10, &base, NULL);
    return entry && base == (DWORD64)code && entry->BeginAddress == (DWORD)(EACH * index);
}

// Functions with an entry, and those that an exception went through with the registers as they were.
static void show_tables(const char *name) {
    int entries = 0, passed = 0;
    for (int i = 0; i < MADE; i++) {
        if (!has_entry(i))
            continue;
        entries++;
        memset(found, 0, sizeof found);
        passed += drives((void (*)(void))(code + EACH * i), raises, 0) == 2 && !memcmp(found, known, sizeof known);
    }
    printf("%s: %d entries, passed %d\n", name, entries, passed);
}

static int given;

static PRUNTIME_FUNCTION CALLBACK gives(DWORD64 pc, PVOID context) {
    given++;
    DWORD64 index = (pc - (DWORD64)code) / EACH;
    return context == &given && index % 2 == 0 && index < MADE ? &rows[index] : NULL;
}

static void tables(void) {
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    DWORD (NTAPI *add)(PVOID *, PRUNTIME_FUNCTION, DWORD, DWORD, ULONG_PTR, ULONG_PTR) =
        (void *)GetProcAddress(ntdll, "RtlAddGrowableFunctionTable");
    void (NTAPI *grow)(PVOID, DWORD) = (void *)GetProcAddress(ntdll, "RtlGrowFunctionTable");
    void (NTAPI *delete)(PVOID) = (void *)GetProcAddress(ntdll, "RtlDeleteGrowableFunctionTable");
    make();
    show_tables("no table");
    void *table;
    HEX("growable", add(&table, rows, 3, MADE, (ULONG_PTR)code, (ULONG_PTR)code + EACH * MADE));
    show_tables("growable, few");
    grow(table, 30);
    show_tables("grown");
    grow(table, MADE);
    show_tables("grown again");
    delete(table);
    show_tables("deleted");
    NUM("added", RtlAddFunctionTable(rows, 10, (DWORD64)code));
    NUM("added", RtlAddFunctionTable(rows + 20, 5, (DWORD64)code));
    show_tables("two tables");
    NUM("deleted", RtlDeleteFunctionTable(rows));
    NUM("deleted again", RtlDeleteFunctionTable(rows));
    show_tables("one table");
    NUM("deleted", RtlDeleteFunctionTable(rows + 20));
    NUM("wrong identifier", RtlInstallFunctionTableCallback((DWORD64)code, (DWORD64)code, 0x1000, gives, &given, NULL));
    NUM("callback", RtlInstallFunctionTableCallback((DWORD64)code | 3, (DWORD64)code, EACH * 30, gives, &given, NULL));
    show_tables("callback for every other");
    NUM("called", given > 0);
    NUM("deleted", RtlDeleteFunctionTable((PRUNTIME_FUNCTION)((DWORD64)code | 3)));
    show_tables("none");
}

int main(void) {
    codes();
    tables();
    return 0;
}
