// Structured exceptions in frames: filters, termination handlers, nested and collided unwinds, exceptions that pass system code, tables made at
// run time, and walks up the stack. The frames are assembled by hand, because gcc has no __try.
#include "say.h"
#include <malloc.h>
#include <setjmp.h>
#include <string.h>

// int tried(void (*body)(void)): __try { __try { body(); } __finally { on_finally } } __except (on_filter) { return 2; } return 1;
int tried(void (*body)(void));
extern LONG on_filter(EXCEPTION_POINTERS *info, void *frame);
extern void on_finally(BOOLEAN abnormal, void *frame);
__asm__(".text\n"
        ".globl tried\n"
        ".seh_proc tried\n"
        "tried:\n"
        "    push %rbx\n"
        "    .seh_pushreg %rbx\n"
        "    sub $48, %rsp\n"
        "    .seh_stackalloc 48\n"
        "    movaps %xmm6, 32(%rsp)\n"
        "    .seh_savexmm %xmm6, 32\n"
        "    .seh_endprologue\n"
        "    mov $0x1234, %ebx\n"
        ".Ltry: call *%rcx\n"
        "    nop\n"
        ".Ltried:\n"
        "    xor %ecx, %ecx\n"
        "    mov %rsp, %rdx\n"
        "    call on_finally\n"
        "    nop\n"
        ".Louter:\n"
        "    mov $1, %eax\n"
        "    jmp 1f\n"
        ".Lexcept:\n"
        "    mov $2, %eax\n"
        "    cmp $0x1234, %ebx\n"
        "    je 1f\n"
        "    mov $3, %eax\n"
        "1:  movaps 32(%rsp), %xmm6\n"
        "    add $48, %rsp\n"
        "    pop %rbx\n"
        "    ret\n"
        ".seh_handler __C_specific_handler, @except, @unwind\n"
        ".seh_handlerdata\n"
        ".long 2\n"
        ".rva .Ltry, .Ltried, on_finally\n"
        ".long 0\n"
        ".rva .Ltry, .Louter, on_filter, .Lexcept\n"
        ".text\n"
        ".seh_endproc\n");

static LONG answers[8];
static int asked;
static void (*in_filter)(EXCEPTION_POINTERS *);
static void (*in_finally)(void);

LONG on_filter(EXCEPTION_POINTERS *info, void *frame) {
    (void)frame;
    EXCEPTION_RECORD *record = info->ExceptionRecord;
    LONG answer = answers[asked++ % 8];
    say("  filter: %08lx flags %lx, answers %ld", record->ExceptionCode, record->ExceptionFlags, answer);
    if (in_filter)
        in_filter(info);
    return answer;
}

void on_finally(BOOLEAN abnormal, void *frame) {
    (void)frame;
    say("  finally: %s", abnormal ? "abnormal" : "normal");
    if (in_finally) {
        void (*once)(void) = in_finally;
        in_finally = NULL;
        once();
    }
}

static void answer(LONG first, LONG second, LONG third, LONG fourth) {
    asked = 0;
    LONG given[8] = {first, second, third, fourth, 1, 1, 1, 1};
    memcpy(answers, given, sizeof given);
}

static void nothing(void) {
}

static void write_null(void) {
    *(volatile int *)16 = 1;
}

static void raise_one(void) {
    ULONG_PTR arguments[] = {11, 22};
    RaiseException(0xe0000001, 0, 2, arguments);
}

static void raise_two(void) {
    RaiseException(0xe0000002, 0, 0, NULL);
    say("  went on");
}

static void raise_final(void) {
    RaiseException(0xe0000003, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

static void inner(void) {
    say("  inner returned %d", tried(raise_one));
}

static void inner_fault(void) {
    say("  inner returned %d", tried(write_null));
}

static void catches_in_finally(void) {
    answers[asked % 8] = 1;
    say("  finally's own: %d", tried(raise_two));
}

static BOOL CALLBACK once(PINIT_ONCE o, PVOID parameter, PVOID *context) {
    (void)o, (void)context;
    ((void (*)(void))parameter)();
    return TRUE;
}

static void through_system(void) {
    INIT_ONCE o = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&o, once, (void *)raise_one, NULL);
}

static void in_system(void) {
    InitializeCriticalSectionAndSpinCount((CRITICAL_SECTION *)16, 0);
}

static void nested_in_filter(EXCEPTION_POINTERS *info) {
    (void)info;
    in_filter = NULL;
    say("  in the filter: %d", tried(write_null));
}

static void lets_out_of_filter(EXCEPTION_POINTERS *info) {
    (void)info;
    in_filter = NULL;
    raise_two();
}

static jmp_buf back;

static void jumps(void) {
    longjmp(back, 7);
}

static void jumps_from_system(void) {
    INIT_ONCE o = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&o, once, (void *)jumps, NULL);
}

static void divide(void) {
    volatile int zero = 0;
    zero = 7 / zero;
}

static void overflow_quotient(void) {
    __asm__ volatile("mov $0x80000000, %%eax\n\tcltd\n\tmov $-1, %%ecx\n\tidivl %%ecx" ::: "eax", "edx", "ecx");
}

static void illegal(void) {
    __asm__ volatile("ud2");
}

static void privileged(void) {
    __asm__ volatile("hlt");
}

static void breakpoint(void) {
    __asm__ volatile("int3");
}

static void single_step(void) {
    __asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop" ::: "cc", "memory");
}

static void misaligned(void) {
    static char bytes[64] __attribute__((aligned(16)));
    __asm__ volatile("movaps 1(%0), %%xmm0" ::"r"(bytes) : "xmm0");
}

static void non_canonical(void) {
    *(volatile int *)0x8000000000000000 = 1;
}

static void jump_to_null(void) {
    ((void (*)(void))0)();
}

static void jump_to_data(void) {
    static char data[16];
    ((void (*)(void))(void *)data)();
}

static void guard_page(void) {
    char *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    *(volatile char *)page = 1;
}

static int deeper(volatile char *above) {
    volatile char room[4096];
    room[0] = above[0];
    return deeper(room) + room[0];
}

static void overflow_stack(void) {
    volatile char bottom = 0;
    deeper(&bottom);
}

static void code(const char *name, void (*body)(void)) {
    answer(1, 1, 1, 1);
    say("%s", name);
    say("  returned %d", tried(body));
}

static char *lazy;

static LONG CALLBACK mends(EXCEPTION_POINTERS *info) {
    ULONG_PTR at = info->ExceptionRecord->ExceptionInformation[1];
    if (info->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || at - (ULONG_PTR)lazy >= 0x2000)
        return EXCEPTION_CONTINUE_SEARCH;
    say("  mending page %d", (int)((at - (ULONG_PTR)lazy) / 0x1000));
    DWORD before;
    VirtualProtect((void *)at, 1, PAGE_READWRITE, &before);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void memory_on_demand(void) {
    lazy = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    void *handler = AddVectoredExceptionHandler(1, mends);
    lazy[0] = 'a';
    InitializeCriticalSection((CRITICAL_SECTION *)(lazy + 0x1000));
    EnterCriticalSection((CRITICAL_SECTION *)(lazy + 0x1000));
    LeaveCriticalSection((CRITICAL_SECTION *)(lazy + 0x1000));
    RemoveVectoredExceptionHandler(handler);
    say("memory on demand: %c", lazy[0]);
}

static LONG CALLBACK over_breakpoint(EXCEPTION_POINTERS *info) {
    if (info->ExceptionRecord->ExceptionCode != EXCEPTION_BREAKPOINT)
        return EXCEPTION_CONTINUE_SEARCH;
    info->ContextRecord->Rip++;
    info->ContextRecord->Rbx = 99;
    info->ContextRecord->Xmm6.Low = 77;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void changed_registers(void) {
    void *handler = AddVectoredExceptionHandler(1, over_breakpoint);
    long long rbx, xmm;
    __asm__ volatile("mov $1, %%ebx\n\tmovq %%rbx, %%xmm6\n\tint3\n\tmov %%rbx, %0\n\tmovq %%xmm6, %1"
                     : "=r"(rbx), "=r"(xmm)::"rbx", "xmm6");
    RemoveVectoredExceptionHandler(handler);
    say("changed registers: %d %d", (int)rbx, (int)xmm);
}

// A function made at run time: sub rsp, 40; call rcx; add rsp, 40; ret. Its unwind information and entry follow it.
static const unsigned char made[] = {0x48, 0x83, 0xec, 40, 0xff, 0xd1, 0x90, 0x48, 0x83, 0xc4, 40, 0xc3,
                                     0x01, 4,    1,    0,  4,    0x42, 0,    0,
                                     0,    0,    0,    0,  12,   0,    0,    0,    12,   0,    0,  0};
static char *made_at;

static void call_made(void) {
    ((void (*)(void (*)(void)))(void *)made_at)(raise_one);
}

static PRUNTIME_FUNCTION CALLBACK make_entry(DWORD64 pc, PVOID context) {
    return pc - (DWORD64)made_at < 12 && context == made_at ? (PRUNTIME_FUNCTION)(made_at + 20) : NULL;
}

static void tables(void) {
    made_at = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    memcpy(made_at, made, sizeof made);
    PRUNTIME_FUNCTION entry = (PRUNTIME_FUNCTION)(made_at + 20);
    say("table added: %d", RtlAddFunctionTable(entry, 1, (DWORD64)made_at));
    DWORD64 base = 0;
    say("found: %d", RtlLookupFunctionEntry((DWORD64)made_at + 6, &base, NULL) == entry && base == (DWORD64)made_at);
    code("through code made at run time", call_made);
    say("table deleted: %d", RtlDeleteFunctionTable(entry));
    say("found: %d", RtlLookupFunctionEntry((DWORD64)made_at + 6, &base, NULL) == entry);
    DWORD64 id = (DWORD64)made_at | 3;
    say("callback added: %d", RtlInstallFunctionTableCallback(id, (DWORD64)made_at, 4096, make_entry, made_at, NULL));
    say("found: %d", RtlLookupFunctionEntry((DWORD64)made_at + 6, &base, NULL) == entry);
    code("through code with a callback", call_made);
    say("callback deleted: %d", RtlDeleteFunctionTable((PRUNTIME_FUNCTION)id));
}

static void *main_entry;
static int walked_over_main;

static void walk(void) {
    CONTEXT context;
    RtlCaptureContext(&context);
    walked_over_main = 0;
    for (int frames = 0; context.Rip && frames < 50; frames++) {
        DWORD64 base, frame;
        void *data;
        PRUNTIME_FUNCTION entry = RtlLookupFunctionEntry(context.Rip, &base, NULL);
        if (!entry) {
            context.Rip = *(DWORD64 *)context.Rsp;
            context.Rsp += 8;
            continue;
        }
        walked_over_main += (char *)base + entry->BeginAddress == main_entry;
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, entry, &context, &data, &frame, NULL);
    }
}

static void walk_through_system(void) {
    INIT_ONCE o = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&o, once, (void *)walk, NULL);
}

static int captured_in_main(void) {
    void *trace[50];
    int count = CaptureStackBackTrace(0, 50, trace, NULL), found = 0;
    for (int i = 0; i < count; i++) {
        DWORD64 base;
        PRUNTIME_FUNCTION entry = RtlLookupFunctionEntry((DWORD64)trace[i], &base, NULL);
        found += entry && (char *)base + entry->BeginAddress == main_entry;
    }
    return found;
}

static DWORD WINAPI many(void *parameter) {
    int caught = 0;
    for (int i = 0; i < 500; i++) {
        // Quiet: the frames of this thread have handlers of their own.
        extern int quietly(void (*body)(void));
        caught += quietly(i % 2 ? raise_one : write_null) != 1;
    }
    (void)parameter;
    return (DWORD)caught;
}

__asm__(".text\n"
        ".globl quietly\n"
        ".seh_proc quietly\n"
        "quietly:\n"
        "    sub $40, %rsp\n"
        "    .seh_stackalloc 40\n"
        "    .seh_endprologue\n"
        ".Lquiet: call *%rcx\n"
        "    nop\n"
        ".Lquieted:\n"
        "    mov $1, %eax\n"
        ".Lcaught:\n"
        "    add $40, %rsp\n"
        "    ret\n"
        ".seh_handler __C_specific_handler, @except, @unwind\n"
        ".seh_handlerdata\n"
        ".long 1\n"
        ".rva .Lquiet, .Lquieted\n"
        ".long 1\n"
        ".rva .Lcaught\n"
        ".text\n"
        ".seh_endproc\n");

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "fastfail"))
        __asm__ volatile("mov $7, %ecx\n\tint $0x29");
    if (argc > 1 && !strcmp(argv[1], "overflow")) {
        code("stack overflow", overflow_stack);
        say("reset: %d", _resetstkoflw() != 0);
        code("stack overflow again", overflow_stack);
        say("reset: %d", _resetstkoflw() != 0);
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "disposition")) {
        answer(-1, 0, 0, 0);
        say("%d", tried(raise_final));
        return 0;
    }
    answer(1, 1, 1, 1);
    say("normal: %d", tried(nothing));
    code("a fault", write_null);
    code("a raised exception", raise_one);
    say("continued");
    answer(-1, 1, 1, 1);
    say("  returned %d", tried(raise_two));
    say("searched further");
    answer(0, 1, 1, 1);
    say("  returned %d", tried(inner));
    say("searched further for a fault");
    answer(0, 1, 1, 1);
    say("  returned %d", tried(inner_fault));
    code("through system code", through_system);
    code("raised in system code", in_system);
    say("caught within a termination handler");
    answer(0, 1, 1, 1);
    in_finally = catches_in_finally;
    say("  returned %d", tried(inner));
    say("let out of a termination handler");
    answer(0, 1, 0, 1);
    in_finally = raise_two;
    say("  returned %d", tried(inner));
    say("caught within a filter");
    in_filter = nested_in_filter;
    answer(1, 1, 1, 1);
    say("  returned %d", tried(raise_one));
    say("let out of a filter");
    in_filter = lets_out_of_filter;
    answer(0, 0, 1, 1);
    say("  returned %d", tried(inner));
    say("a long jump");
    int value = setjmp(back);
    if (!value)
        tried(jumps);
    say("  returned %d", value);
    value = setjmp(back);
    if (!value)
        tried(jumps_from_system);
    say("  returned %d", value);
    code("divide", divide);
    code("quotient", overflow_quotient);
    code("illegal", illegal);
    code("privileged", privileged);
    code("breakpoint", breakpoint);
    code("single step", single_step);
    code("misaligned", misaligned);
    code("non-canonical", non_canonical);
    code("jump to null", jump_to_null);
    code("jump to data", jump_to_data);
    code("guard page", guard_page);
    memory_on_demand();
    changed_registers();
    tables();
    DWORD64 base;
    PRUNTIME_FUNCTION own = RtlLookupFunctionEntry((DWORD64)main + 20, &base, NULL);
    main_entry = (char *)base + own->BeginAddress;
    walk();
    say("walked over main: %d", walked_over_main);
    walk_through_system();
    say("walked over main: %d", walked_over_main);
    say("captured main: %d", captured_in_main());
    void *header = NULL;
    say("header: %d", RtlPcToFileHeader((void *)main, &header) == GetModuleHandle(NULL));
    HANDLE threads[16];
    for (int i = 0; i < 16; i++)
        threads[i] = CreateThread(NULL, 0, many, NULL, 0, NULL);
    WaitForMultipleObjects(16, threads, TRUE, INFINITE);
    DWORD caught = 0;
    for (int i = 0; i < 16; i++) {
        DWORD one;
        GetExitCodeThread(threads[i], &one);
        caught += one;
    }
    say("caught on 16 threads: %d", (int)caught);
    return 0;
}
