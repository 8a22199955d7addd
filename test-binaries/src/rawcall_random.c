// Numbers that are no services of Windows', and those of Linux' system calls, with arguments that would hurt if Linux took them.
#include "rawcall.h"

// The number and six values for the registers that either kernel takes arguments in.
uint64_t raw(uint32_t number, const uint64_t *arguments);
__asm__("raw:\n\t"
        "pushq %rdi\n\tpushq %rsi\n\tpushq %rbx\n\t"
        "movl %ecx, %eax\n\tmovq %rdx, %rbx\n\t"
        "movq (%rbx), %rdi\n\tmovq 8(%rbx), %rsi\n\tmovq 16(%rbx), %rdx\n\t"
        "movq 24(%rbx), %r10\n\tmovq 32(%rbx), %r8\n\tmovq 40(%rbx), %r9\n\t"
        "syscall\n\t"
        "popq %rbx\n\tpopq %rsi\n\tpopq %rdi\n\tret");

static const struct {
    const char *name;
    uint32_t number;
    uint64_t arguments[6];
} linux_calls[] = {
    {"close", 3, {1, 0, 0, BAD_HANDLE}},
    {"mprotect", 10, {0x140001000, 0x1000, 0, BAD_HANDLE}},
    {"munmap", 11, {0x140000000, 0x10000, 0, BAD_HANDLE}},
    {"rt_sigaction", 13, {11, 0, 0, BAD_HANDLE}},
    {"rt_sigreturn", 15, {0, 0, 0, BAD_HANDLE}},
    {"pause", 34, {0, 0, 0, BAD_HANDLE}},
    {"fork", 57, {0, 0, 0, BAD_HANDLE}},
    {"vfork", 58, {0, 0, 0, BAD_HANDLE}},
    {"execve", 59, {0, 0, 0, BAD_HANDLE}},
    {"exit", 60, {41, 0, 0, BAD_HANDLE}},
    {"kill", 62, {0, 9, 0, BAD_HANDLE}},
    {"ptrace", 101, {0, 0, 0, BAD_HANDLE}},
    {"prctl", 157, {59, 0, 0, BAD_HANDLE}},
    {"arch_prctl", 158, {0x1001, 0, 0, BAD_HANDLE}},
    {"exit_group", 231, {42, 0, 0, BAD_HANDLE}},
    {"tgkill", 234, {1, 1, 9, BAD_HANDLE}},
    {"seccomp", 317, {0, 0, 0, BAD_HANDLE}},
};
#define CALLS (int)(sizeof linux_calls / sizeof *linux_calls)

// A sequence that is the same in every run.
static uint64_t state = 0x9e3779b97f4a7c15;
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(void) {
    int unknown = 0;
    for (int i = 0; i < 256; i++) {
        uint64_t arguments[6];
        for (int k = 0; k < 6; k++)
            arguments[k] = next();
        // The fifth digit selects a table that a console program does not have; all that Linux knows are below.
        uint32_t number = (uint32_t)next() | 0x3000;
        unknown += (uint32_t)raw(number, arguments) == 0xc000001c;
    }
    NUM("random numbers that are no service's", unknown);
    for (int i = 0; i < CALLS; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s fails as a service", linux_calls[i].name);
        NUM(line, (uint32_t)raw(linux_calls[i].number, linux_calls[i].arguments) >> 30 == 3);
    }
    for (int i = 0; i < CALLS; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s of x32 is no service", linux_calls[i].name);
        HEX(line, raw(0x40000000 | 0x1000 | linux_calls[i].number, linux_calls[i].arguments));
    }
    NUM("the process is as before", GetCurrentProcessId() == *(DWORD *)(__readgsqword(0x30) + 0x40));
    NUM("its memory, too", VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != NULL);
    return 0;
}
