// Stack overflows in calls of the system and in its callbacks, callbacks that are no addresses, debugging flags in calls of the system.
#include "check.h"
#include <malloc.h>

static CONTEXT start;
static volatile DWORD caught;

// Goes back to where `start` was taken.
static LONG CALLBACK back(EXCEPTION_POINTERS *p) {
    caught = p->ExceptionRecord->ExceptionCode;
    *p->ContextRecord = start;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define CATCH(what, statement)                                   \
    do {                                                         \
        caught = 0;                                              \
        RtlCaptureContext(&start);                               \
        if (!caught) {                                           \
            statement;                                           \
        }                                                        \
        printf("%s: %08lx\n", what, (unsigned long)caught);      \
    } while (0)

static int formats(int depth) {
    char text[100];
    sprintf(text, "%d %f", depth, 1.0 / (depth + 1));
    return formats(depth + 1) + text[0];
}

static int opens(int depth) {
    volatile char room[100];
    room[0] = (char)depth;
    GetFileAttributesA("there is none");
    return opens(depth + 1) + room[0];
}

static int sorts(const void *a, const void *b) {
    int numbers[2] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, sorts);
    return (a > b) + numbers[0];
}

static DWORD WINAPI overflows(void *unused) {
    int numbers[2] = {2, 1};
    for (int round = 0; round < 2; round++) {
        CATCH("sprintf", formats(0));
        NUM("guard put back", _resetstkoflw());
        CATCH("GetFileAttributes", opens(0));
        NUM("guard put back", _resetstkoflw());
        CATCH("qsort", qsort(numbers, 2, sizeof *numbers, sorts));
        NUM("guard put back", _resetstkoflw());
    }
    (void)unused;
    return 0;
}

// GetTickCount with a bit of EFLAGS set.
static void with_flag(unsigned long flag) {
    __asm__ volatile("push %%rbp\n\tmov %%rsp, %%rbp\n\tand $-16, %%rsp\n\tsub $48, %%rsp\n\t"
                     "pushfq\n\tor %1, (%%rsp)\n\tpopfq\n\t"
                     "call *%0\n\t"
                     "pushfq\n\tandl $0xfffbfeff, (%%rsp)\n\tpopfq\n\t"
                     "mov %%rbp, %%rsp\n\tpop %%rbp"
                     :
                     : "r"(GetTickCount), "r"((ULONG_PTR)flag)
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
}

static LONG CALLBACK step(EXCEPTION_POINTERS *p) {
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    p->ContextRecord->EFlags |= 0x100;
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void) {
    void *handler = AddVectoredExceptionHandler(1, back);
    int numbers[4] = {4, 3, 2, 1};
    HANDLE thread = CreateThread(NULL, 0, overflows, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    overflows(NULL);

    int (*nowhere)(const void *, const void *) = (void *)(ULONG_PTR)0x123456789abcdef0;
    CATCH("qsort with no address", qsort(numbers, 4, sizeof *numbers, nowhere));
    CATCH("bsearch with no address", bsearch(numbers, numbers, 4, sizeof *numbers, nowhere));
    CATCH("section at the end of memory", EnterCriticalSection((CRITICAL_SECTION *)~(ULONG_PTR)3));
    CATCH("leaving it", LeaveCriticalSection((CRITICAL_SECTION *)~(ULONG_PTR)3));
    RemoveVectoredExceptionHandler(handler);

    AddVectoredExceptionHandler(1, step);
    with_flag(0x100);
    puts("stepped through a call");
    with_flag(0x40000);
    puts("called with alignment checks");
    return 0;
}
