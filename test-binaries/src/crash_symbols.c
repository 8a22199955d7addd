// Crashes with symbols: `crash_symbols KIND`. Built with DWARF and a COFF symbol table.
#include "say.h"
#include <stdlib.h>
#include <string.h>

static volatile int zero;

static inline __attribute__((always_inline)) void store(volatile int *to, int value) {
    *to = value;
}

__attribute__((noinline)) static int write_null(int value) {
    store((volatile int *)8, value);
    return zero + value;
}

__attribute__((noinline)) static int middle(int value) {
    return write_null(value + 1) * 2;
}

static int __cdecl compare(const void *left, const void *right) {
    (void)left, (void)right;
    return middle(3);
}

__attribute__((noinline)) static void free_memory(void) {
    *(volatile char *)VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_READWRITE) = 1;
}

__attribute__((noinline)) static void read_only(void) {
    *(volatile char *)(ULONG_PTR)"text" = 1;
}

__attribute__((noinline)) static void run_data(void) {
    static unsigned char code[16] = {0xc3};
    ((void (*)(void))(ULONG_PTR)code)();
}

__attribute__((noinline)) static void guard_page(void) {
    *(volatile char *)VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD) = 1;
}

__attribute__((noinline)) static void lose_stack(void) {
    __asm__ volatile("mov $0x1234, %rsp; movl $0, 0");
}

__attribute__((noinline)) static void lose_return(void) {
    __asm__ volatile("movabs $0x7777777777777777, %rax; mov %rax, %rbp; mov %rax, (%rsp); mov %rax, 8(%rsp); movl $0, 0");
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "";
    int numbers[2] = {2, 1};
    if (!strcmp(kind, "inline"))
        return middle(1);
    if (!strcmp(kind, "callback"))
        qsort(numbers, 2, sizeof *numbers, compare);
    if (!strcmp(kind, "reserved"))
        free_memory();
    if (!strcmp(kind, "read-only"))
        read_only();
    if (!strcmp(kind, "data"))
        run_data();
    if (!strcmp(kind, "guard"))
        guard_page();
    if (!strcmp(kind, "no-stack"))
        lose_stack();
    if (!strcmp(kind, "no-return"))
        lose_return();
    say("still here");
    return 0;
}
