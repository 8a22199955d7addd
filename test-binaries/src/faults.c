// Faults of the processor, as mingw-w64's __try1 and __except1 see them: codes, parameters, where they are, and what a changed context does.
#include "check.h"
#include <excpt.h>
#include <malloc.h>
#include <string.h>

// What the next fault is expected to tell: where its instruction is, and the address that it accesses.
static void *volatile instruction;
static char *volatile accessed;
static const char *subject;

static void plain_floating_point(void) {
    unsigned masked = 0x1f80;
    __asm__ volatile("fnclex\n\tfninit\n\tldmxcsr %0" : : "m"(masked));
}

__attribute__((used)) LONG CALLBACK filter(EXCEPTION_POINTERS *info, void *frame) {
    EXCEPTION_RECORD *record = info->ExceptionRecord;
    (void)frame;
    plain_floating_point();
    printf("%s: %08lx flags %lx", subject, (unsigned long)record->ExceptionCode, (unsigned long)record->ExceptionFlags);
    // A call faults where it leads.
    char *at = instruction;
    ULONG_PTR kind = record->ExceptionInformation[0], address = record->ExceptionInformation[1];
    switch (record->ExceptionCode) {
    case EXCEPTION_ACCESS_VIOLATION:
    case EXCEPTION_GUARD_PAGE:
        printf(", %lu parameters: %d", record->NumberParameters, (int)kind);
        if (address == (ULONG_PTR)-1)
            printf(" of no address");
        else
            printf(" at %I64d", (long long)(address - (ULONG_PTR)accessed));
        at = kind == 8 ? accessed : at;
        break;
    case EXCEPTION_STACK_OVERFLOW:
        printf(", %lu parameters", record->NumberParameters);
    }
    if (instruction)
        printf(", address %+d, Rip %+d", (int)((char *)record->ExceptionAddress - at), (int)(info->ContextRecord->Rip - (DWORD64)at));
    puts("");
    return EXCEPTION_EXECUTE_HANDLER;
}

// Comes back when the body has ended or faulted.
__attribute__((noinline)) static void guarded(void (*body)(void)) {
    __try1(filter) body();
    __except1
}

static void fault(const char *name, void *address, void (*body)(void)) {
    subject = name;
    accessed = address;
    instruction = NULL;
    guarded(body);
    plain_floating_point();
}

// A function whose one instruction notes where it is and faults.
#define FAULTS(name, code)                                                                                                          \
    static void name(void) {                                                                                                        \
        __asm__ volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tmov %1, %%rcx\n\t1: " code                                      \
                         : "=m"(instruction)                                                                                        \
                         : "m"(accessed)                                                                                            \
                         : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "xmm0", "xmm1", "memory", "cc");                                \
    }

FAULTS(reads, "movl (%%rcx), %%edx")
FAULTS(writes, "movl %%edx, (%%rcx)")
FAULTS(exchanges, "lock xaddl %%edx, (%%rcx)")
FAULTS(pushes, "pushq (%%rcx)")
FAULTS(calls, "call *%%rcx")
FAULTS(reads_8_before, "movq -4(%%rcx), %%rdx")
FAULTS(reads_vector, "movaps 1(%%rcx), %%xmm0")

static void memory(void) {
    char *page = VirtualAlloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), *reserved = page + 0x2000;
    DWORD before;
    VirtualFree(reserved, 0x1000, MEM_DECOMMIT);
    VirtualProtect(page, 0x1000, PAGE_READONLY, &before);
    fault("read of address 0", NULL, reads);
    fault("write of address 0", NULL, writes);
    fault("call of address 0", NULL, calls);
    fault("read of the last page", (void *)-8, reads);
    fault("read of what is reserved", reserved, reads);
    fault("write of what is reserved", reserved, writes);
    fault("call of what is reserved", reserved, calls);
    fault("write of what can be read", page, writes);
    fault("exchange with what can be read", page + 4, exchanges);
    fault("read over the end", reserved, reads_8_before);
    fault("push of what cannot be read", reserved + 16, pushes);
    fault("call of data", page + 0x1000, calls);
    VirtualProtect(page, 0x1000, PAGE_NOACCESS, &before);
    fault("read of what nobody may", page + 8, reads);
    VirtualProtect(page, 0x1000, PAGE_EXECUTE, &before);
    fault("write of code", page, writes);
    fault("read of no address", (void *)0x0001234500000000, reads);
    fault("misaligned vector", page + 0x1000, reads_vector);
    VirtualProtect(page, 0x1000, PAGE_READWRITE | PAGE_GUARD, &before);
    fault("guard page, read", page + 12, reads);
    page[12] = 1;
    VirtualProtect(page, 0x1000, PAGE_READWRITE | PAGE_GUARD, &before);
    fault("guard page, written", page + 16, writes);
    page[12] = 1;
    VirtualFree(page, 0, MEM_RELEASE);
    fault("read of what was released", page, reads);
}

FAULTS(divides_8, "movb $0, %%cl\n\tmov $7, %%eax\n\tdivb %%cl")
FAULTS(divides_64, "xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tdivq %%rcx")
FAULTS(quotient_32, "mov $0x80000000, %%eax\n\tcltd\n\tmov $-1, %%ecx\n\tidivl %%ecx")
FAULTS(quotient_64, "mov $-1, %%rcx\n\tmov $1, %%eax\n\tshl $63, %%rax\n\tcqto\n\tidivq %%rcx")
FAULTS(quotient_128, "mov $2, %%ecx\n\tmov $2, %%edx\n\tdivq %%rcx")
FAULTS(remainder_32, "mov $0x80000000, %%eax\n\tcltd\n\tmov $-1, %%ecx\n\tidivl %%ecx\n\tmov %%edx, %%eax")

FAULTS(illegal, "ud2")
FAULTS(no_longer, ".byte 0x06")
FAULTS(halts, "hlt")
FAULTS(inputs, "inb $0x60, %%al")
FAULTS(inputs_dx, "inl %%dx, %%eax")
FAULTS(outputs, "outb %%al, $0x80")
FAULTS(input_string, "rep insb")
FAULTS(clears_if, "cli")
FAULTS(sets_if, "sti")
FAULTS(reads_cr0, "mov %%cr0, %%rax")
FAULTS(writes_cr3, "mov %%rax, %%cr3")
FAULTS(reads_dr7, "mov %%dr7, %%rax")
FAULTS(reads_msr, "rdmsr")
FAULTS(writes_msr, "wrmsr")
FAULTS(flushes, "wbinvd")
FAULTS(loads_gdt, "lgdt (%%rcx)")
FAULTS(breaks, "int3")
FAULTS(breaks_long, ".byte 0xcd, 3")
FAULTS(other_interrupt, "int $0x21")

static void instructions(void) {
    fault("8 bits by 0", NULL, divides_8);
    fault("64 bits by 0", NULL, divides_64);
    fault("least int by -1", NULL, quotient_32);
    fault("remainder of it", NULL, remainder_32);
    fault("least long long by -1", NULL, quotient_64);
    fault("quotient beyond 64 bits", NULL, quotient_128);
    fault("ud2", NULL, illegal);
    fault("push es", NULL, no_longer);
    fault("hlt", NULL, halts);
    fault("in al, imm", NULL, inputs);
    fault("in eax, dx", NULL, inputs_dx);
    fault("out", NULL, outputs);
    fault("rep insb", NULL, input_string);
    fault("cli", NULL, clears_if);
    fault("sti", NULL, sets_if);
    fault("mov from cr0", NULL, reads_cr0);
    fault("mov to cr3", NULL, writes_cr3);
    fault("mov from dr7", NULL, reads_dr7);
    fault("rdmsr", NULL, reads_msr);
    fault("wrmsr", NULL, writes_msr);
    fault("wbinvd", NULL, flushes);
    fault("lgdt", NULL, loads_gdt);
    fault("int3", NULL, breaks);
    fault("int 3, long", NULL, breaks_long);
    fault("int 21h", (void *)-1, other_interrupt);
}

// Unmasked one at a time: invalid operation, denormal operand, division by zero, overflow, underflow, precision.
static volatile double zero, one = 1, huge = 1e308, tiny = 1e-308, denormal = 4e-320, third = 3, negative = -1;

static void unmask_sse(unsigned bit) {
    unsigned control = 0x1f80 & ~(0x80u << bit);
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
}

static void unmask_x87(unsigned bit) {
    unsigned short control = 0x037f & ~(1u << bit);
    __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(control));
}

#define SSE(name, bit, code)                                                                                   \
    static void name(void) {                                                                                   \
        unmask_sse(bit);                                                                                       \
        __asm__ volatile(code : : "x"(one), "m"(zero), "m"(huge), "m"(tiny), "m"(denormal), "m"(third), "m"(negative) : "xmm0", "xmm1"); \
    }
#define X87(name, bit, code)                                                                                   \
    static void name(void) {                                                                                   \
        unmask_x87(bit);                                                                                       \
        __asm__ volatile(code "\n\tfwait" : : "m"(one), "m"(zero), "m"(huge), "m"(tiny), "m"(denormal), "m"(third), "m"(negative)); \
    }

SSE(sse_invalid, 0, "movsd %6, %%xmm0\n\tsqrtsd %%xmm0, %%xmm0")
SSE(sse_denormal, 1, "movsd %4, %%xmm0\n\taddsd %5, %%xmm0")
SSE(sse_divide, 2, "movsd %5, %%xmm0\n\tdivsd %1, %%xmm0")
SSE(sse_overflow, 3, "movsd %2, %%xmm0\n\tmulsd %2, %%xmm0")
SSE(sse_underflow, 4, "movsd %3, %%xmm0\n\tmulsd %3, %%xmm0")
SSE(sse_inexact, 5, "movsd %6, %%xmm0\n\tdivsd %5, %%xmm0")
X87(x87_invalid, 0, "fldl %6\n\tfsqrt")
X87(x87_stack, 0, "fstp %%st(0)")
X87(x87_denormal, 1, "fldl %4")
X87(x87_divide, 2, "fldl %0\n\tfdivl %1")
X87(x87_overflow, 3, "fldl %2\n\tfmull %2\n\tfldl %2\n\tfscale\n\tfscale\n\tfscale")
X87(x87_underflow, 4, "fldl %2\n\tfchs\n\tfldl %3\n\tfscale\n\tfscale")
X87(x87_inexact, 5, "fldl %0\n\tfdivl %5")

static void floating_point(void) {
    fault("SSE, invalid", NULL, sse_invalid);
    fault("SSE, denormal", NULL, sse_denormal);
    fault("SSE, division", NULL, sse_divide);
    fault("SSE, overflow", NULL, sse_overflow);
    fault("SSE, underflow", NULL, sse_underflow);
    fault("SSE, inexact", NULL, sse_inexact);
    fault("x87, invalid", NULL, x87_invalid);
    fault("x87, stack", NULL, x87_stack);
    fault("x87, denormal", NULL, x87_denormal);
    fault("x87, division", NULL, x87_divide);
    fault("x87, overflow", NULL, x87_overflow);
    fault("x87, underflow", NULL, x87_underflow);
    fault("x87, inexact", NULL, x87_inexact);
}

static int steps;

static LONG CALLBACK counts_steps(EXCEPTION_POINTERS *info) {
    if (info->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    if (++steps < 5)
        info->ContextRecord->EFlags |= 0x100;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void misaligned(void) {
    static char bytes[16] __attribute__((aligned(16)));
    __asm__ volatile("pushfq\n\torl $0x40000, (%%rsp)\n\tpopfq\n\tmovl 1(%0), %%eax" : : "r"(bytes) : "rax", "cc", "memory");
}

static void debugging(void) {
    void *handler = AddVectoredExceptionHandler(1, counts_steps);
    __asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" : : : "cc", "memory");
    RemoveVectoredExceptionHandler(handler);
    NUM("single steps", steps);
    fault("misaligned, with alignment checks", NULL, misaligned);
    __asm__ volatile("pushfq\n\tandl $0xfffbffff, (%%rsp)\n\tpopfq" : : : "cc", "memory");
}

// A register set that the handler gives, which the code finds after its breakpoint.
static DWORD64 seen[24];

static LONG CALLBACK gives_registers(EXCEPTION_POINTERS *info) {
    CONTEXT *context = info->ContextRecord;
    if (info->ExceptionRecord->ExceptionCode != EXCEPTION_BREAKPOINT)
        return EXCEPTION_CONTINUE_SEARCH;
    context->Rip++;
    DWORD64 *integers[] = {&context->Rax, &context->Rcx, &context->Rdx, &context->Rbx, &context->Rbp, &context->Rsi, &context->Rdi,
                           &context->R8,  &context->R9,  &context->R10, &context->R11, &context->R12, &context->R13, &context->R14};
    for (int i = 0; i < 14; i++)
        *integers[i] = 100 + i;
    context->Xmm0.Low = 200;
    context->Xmm15.High = 215;
    context->EFlags |= 0x401;
    context->MxCsr = 0x3f80;
    context->FltSave.MxCsr = 0x3f80;
    context->FltSave.ControlWord = 0x0f7f;
    return EXCEPTION_CONTINUE_EXECUTION;
}

extern void takes_registers(DWORD64 *to);
__asm__(".text\n"
        ".globl takes_registers\n"
        ".seh_proc takes_registers\n"
        "takes_registers:\n"
        "    push %rbx\n    .seh_pushreg %rbx\n"
        "    push %rbp\n    .seh_pushreg %rbp\n"
        "    push %rsi\n    .seh_pushreg %rsi\n"
        "    push %rdi\n    .seh_pushreg %rdi\n"
        "    push %r12\n    .seh_pushreg %r12\n"
        "    push %r13\n    .seh_pushreg %r13\n"
        "    push %r14\n    .seh_pushreg %r14\n"
        "    push %r15\n    .seh_pushreg %r15\n"
        "    sub $56, %rsp\n    .seh_stackalloc 56\n"
        "    movups %xmm15, 32(%rsp)\n    .seh_savexmm %xmm15, 32\n"
        "    .seh_endprologue\n"
        "    mov %rcx, %r15\n"
        "    int3\n"
        "    mov %rax, (%r15)\n    mov %rcx, 8(%r15)\n    mov %rdx, 16(%r15)\n    mov %rbx, 24(%r15)\n"
        "    mov %rbp, 32(%r15)\n    mov %rsi, 40(%r15)\n    mov %rdi, 48(%r15)\n    mov %r8, 56(%r15)\n"
        "    mov %r9, 64(%r15)\n    mov %r10, 72(%r15)\n    mov %r11, 80(%r15)\n    mov %r12, 88(%r15)\n"
        "    mov %r13, 96(%r15)\n    mov %r14, 104(%r15)\n"
        "    pushfq\n    pop %rax\n    and $0xcd5, %eax\n    mov %rax, 112(%r15)\n    cld\n"
        "    movq %xmm0, 120(%r15)\n    psrldq $8, %xmm15\n    movq %xmm15, 128(%r15)\n"
        "    stmxcsr 136(%r15)\n    fnstcw 144(%r15)\n"
        "    movups 32(%rsp), %xmm15\n"
        "    add $56, %rsp\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rdi\n    pop %rsi\n    pop %rbp\n    pop %rbx\n"
        "    ret\n"
        ".seh_endproc\n");

static LONG CALLBACK goes_elsewhere(EXCEPTION_POINTERS *info) {
    if (info->ExceptionRecord->ExceptionCode != EXCEPTION_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    // As if it had been a return, with a result.
    info->ContextRecord->Rax = 4711;
    info->ContextRecord->Rip = *(DWORD64 *)info->ContextRecord->Rsp;
    info->ContextRecord->Rsp += 8;
    return EXCEPTION_CONTINUE_EXECUTION;
}

extern int returns_by_fault(void);
__asm__(".text\n.globl returns_by_fault\nreturns_by_fault:\n    ud2\n");

static LONG CALLBACK only_continue(EXCEPTION_POINTERS *info) {
    printf("  continue handler: %08lx\n", (unsigned long)info->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void contexts(void) {
    void *handler = AddVectoredExceptionHandler(1, gives_registers);
    takes_registers(seen);
    plain_floating_point();
    RemoveVectoredExceptionHandler(handler);
    int right = 0;
    for (int i = 0; i < 14; i++)
        right += seen[i] == (DWORD64)(100 + i);
    NUM("integer registers as given", right);
    HEX("flags", seen[14] & 0x401);
    NUM("xmm0", seen[15]);
    NUM("xmm15", seen[16]);
    HEX("mxcsr", seen[17] & 0xffff);
    HEX("x87 control", seen[18] & 0xffff);
    handler = AddVectoredExceptionHandler(1, goes_elsewhere);
    void *told = AddVectoredContinueHandler(1, only_continue);
    NUM("returned by a fault", returns_by_fault());
    RemoveVectoredContinueHandler(told);
    RemoveVectoredExceptionHandler(handler);
}

static int deeper(volatile char *above) {
    volatile char room[4096];
    room[0] = above[0];
    return deeper(room) + room[0];
}

static void overflows(void) {
    volatile char bottom = 0;
    deeper(&bottom);
}

static volatile int used;

// Uses what was asked for while the stack is full.
static LONG CALLBACK uses_guarantee(EXCEPTION_POINTERS *info) {
    if (info->ExceptionRecord->ExceptionCode == EXCEPTION_STACK_OVERFLOW) {
        volatile char *room = alloca(used);
        for (int i = used - 1; i >= 0; i -= 256)
            room[i] = (char)i;
        used = -used;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI guaranteed(void *parameter) {
    ULONG asked = (ULONG)(ULONG_PTR)parameter;
    printf("guarantee of %lu\n", asked);
    ULONG size = 0;
    OK("  asked for none", SetThreadStackGuarantee(&size));
    NUM("  there was one", size > 0x2000);
    size = asked;
    OK("  set", SetThreadStackGuarantee(&size));
    NUM("  before", size);
    size = 0x1000;
    OK("  asked for less", SetThreadStackGuarantee(&size));
    size = 0;
    OK("  asked again", SetThreadStackGuarantee(&size));
    NUM("  at least that", size >= asked);
    void *handler = AddVectoredExceptionHandler(1, uses_guarantee);
    for (int round = 0; round < 3; round++) {
        used = (int)asked - 0x1000;
        fault("  overflow", NULL, overflows);
        NUM("  used", used < 0);
        NUM("  reset", _resetstkoflw());
    }
    RemoveVectoredExceptionHandler(handler);
    return 0;
}

static void stacks(void) {
    for (ULONG_PTR size = 0x4000; size <= 0x10000; size *= 2) {
        HANDLE thread = CreateThread(NULL, 0, guaranteed, (void *)size, 0, NULL);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    }
    ULONG size = 0x40000000;
    printf("guarantee of more than there is: %d\n", SetThreadStackGuarantee(&size));
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*part)(void);
    } parts[] = {{"memory", memory},       {"instructions", instructions}, {"floating", floating_point},
                 {"debugging", debugging}, {"contexts", contexts},         {"stacks", stacks}};
    for (int i = 0; i < 6; i++) {
        if (argc > 1 && !strcmp(argv[1], parts[i].name))
            parts[i].part();
    }
    return 0;
}
