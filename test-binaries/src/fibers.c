// Fibers: switching, their data, storage, floating-point state, stacks and ends.
#define _WIN32_WINNT 0x0602
#include "check.h"
#include <setjmp.h>
#include <stdlib.h>

static void *main_fiber, *other;
static int steps;

static void CALLBACK counts(void *parameter) {
    for (;;) {
        steps += (int)(LONG_PTR)parameter;
        SwitchToFiber(main_fiber);
    }
}

static void converting(void) {
    NUM("is a fiber", IsThreadAFiber());
    OK("no fiber to convert", ConvertFiberToThread());
    main_fiber = ConvertThreadToFiber((void *)42);
    NUM("converted", main_fiber != NULL);
    NUM("is a fiber", IsThreadAFiber());
    NUM("the current one", GetCurrentFiber() == main_fiber);
    NUM("its data", (LONG_PTR)GetFiberData());
    SetLastError(0xdead);
    NUM("converted twice", ConvertThreadToFiber(NULL) != NULL);
    NUM("last error", GetLastError());
}

static void switching(void) {
    void *stack_base = ((NT_TIB *)NtCurrentTeb())->StackBase;
    other = CreateFiber(0, counts, (void *)5);
    NUM("created", other != NULL && other != main_fiber);
    NUM("not begun", steps);
    SwitchToFiber(other);
    NUM("begun", steps);
    SwitchToFiber(other);
    NUM("gone on", steps);
    NUM("back on the stack", stack_base == ((NT_TIB *)NtCurrentTeb())->StackBase);
    SwitchToFiber(main_fiber);
    NUM("to itself", GetCurrentFiber() == main_fiber);
    for (int i = 0; i < 10000; i++)
        SwitchToFiber(other);
    NUM("ten thousand times", steps);
    DeleteFiber(other);
}

static ULONG_PTR low, high, inside;
static void *seen_fiber, *seen_data;

static void CALLBACK looks(void *parameter) {
    (void)parameter;
    int here;
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    high = (ULONG_PTR)tib->StackBase;
    low = (ULONG_PTR)tib->StackLimit;
    inside = (ULONG_PTR)&here;
    seen_fiber = GetCurrentFiber();
    seen_data = GetFiberData();
    SwitchToFiber(main_fiber);
}

static void stacks(void) {
    other = CreateFiberEx(0x10000, 0x80000, 0, looks, (void *)7);
    SwitchToFiber(other);
    NUM("on its own stack", low <= inside && inside < high);
    NUM("not on this one", !(low <= (ULONG_PTR)&other && (ULONG_PTR)&low < high && low <= (ULONG_PTR)__builtin_frame_address(0) && (ULONG_PTR)__builtin_frame_address(0) < high));
    NUM("the current fiber", seen_fiber == other);
    NUM("its data", (LONG_PTR)seen_data);
    MEMORY_BASIC_INFORMATION told;
    NUM("its memory", VirtualQuery((void *)inside, &told, sizeof told) != 0);
    HEX("state", told.State);
    HEX("type", told.Type);
    DeleteFiber(other);
    SetLastError(0);
    NUM("bad flags", CreateFiberEx(0, 0, 0x80, looks, NULL) != NULL);
    NUM("last error", GetLastError());
}

static DWORD slot;
static LONG freed;

static void WINAPI forget(void *value) {
    freed += (LONG)(LONG_PTR)value;
}

static void CALLBACK stores(void *parameter) {
    NUM("empty at first", (LONG_PTR)FlsGetValue(slot));
    FlsSetValue(slot, parameter);
    SwitchToFiber(main_fiber);
    NUM("still there", (LONG_PTR)FlsGetValue(slot));
    SwitchToFiber(main_fiber);
}

static void storage(void) {
    slot = FlsAlloc(forget);
    FlsSetValue(slot, (void *)1);
    void *first = CreateFiber(0, stores, (void *)20), *second = CreateFiber(0, stores, (void *)300);
    SwitchToFiber(first);
    SwitchToFiber(second);
    NUM("own value", (LONG_PTR)FlsGetValue(slot));
    SwitchToFiber(first);
    DeleteFiber(first);
    NUM("told of the end", freed);
    FlsFree(slot);
    NUM("told of all", freed);
    DeleteFiber(second);
    NUM("no more", freed);
    DWORD plain = TlsAlloc();
    TlsSetValue(plain, (void *)9);
    other = CreateFiber(0, counts, NULL);
    SwitchToFiber(other);
    NUM("thread-local storage is the thread's", (LONG_PTR)TlsGetValue(plain));
    DeleteFiber(other);
}

static double computed;

static void CALLBACK computes(void *parameter) {
    (void)parameter;
    register double a = 1.5, b = 2.5, c = 3.5;
    for (int i = 0; i < 3; i++) {
        SwitchToFiber(main_fiber);
        a += b;
        b *= 2;
        c -= 1;
        computed = a + 10 * b + 100 * c;
    }
    SwitchToFiber(main_fiber);
}

static void floating_point(void) {
    other = CreateFiberEx(0, 0, FIBER_FLAG_FLOAT_SWITCH, computes, NULL);
    volatile double x = 0.25;
    double y = x, z = x * 3;
    for (int i = 0; i < 4; i++) {
        SwitchToFiber(other);
        y += 1;
        z *= 2;
    }
    NUM("computed there", computed * 10);
    NUM("computed here", (y + z) * 100);
    DeleteFiber(other);
}

static jmp_buf back;
static int caught;

static void inner(int depth) {
    if (depth)
        inner(depth - 1);
    else
        longjmp(back, 3);
}

static LONG WINAPI continues(EXCEPTION_POINTERS *told) {
    if (told->ExceptionRecord->ExceptionCode != 0xe0001234)
        return EXCEPTION_CONTINUE_SEARCH;
    caught++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void CALLBACK throws(void *parameter) {
    (void)parameter;
    int from = setjmp(back);
    NUM("long jump on a fiber", from);
    if (!from)
        inner(20);
    RaiseException(0xe0001234, 0, 0, NULL);
    SwitchToFiber(main_fiber);
    RaiseException(0xe0001234, 0, 0, NULL);
    SwitchToFiber(main_fiber);
}

static void exceptions(void) {
    void *handler = AddVectoredExceptionHandler(1, continues);
    other = CreateFiber(0, throws, NULL);
    SwitchToFiber(other);
    NUM("caught", caught);
    SwitchToFiber(other);
    NUM("caught", caught);
    RemoveVectoredExceptionHandler(handler);
    DeleteFiber(other);
}

static void CALLBACK returns(void *parameter) {
    (void)parameter;
}

static DWORD CALLBACK ends_by_return(void *parameter) {
    (void)parameter;
    ConvertThreadToFiber(NULL);
    SwitchToFiber(CreateFiber(0, returns, NULL));
    return 77;
}

static DWORD CALLBACK ends_by_deletion(void *parameter) {
    (void)parameter;
    void *own = ConvertThreadToFiber(NULL);
    DeleteFiber(own);
    return 77;
}

static void CALLBACK exits(void *parameter) {
    ExitThread((DWORD)(LONG_PTR)parameter);
}

static DWORD CALLBACK ends_by_exit(void *parameter) {
    ConvertThreadToFiber(NULL);
    SwitchToFiber(CreateFiber(0, exits, parameter));
    return 77;
}

static DWORD run(LPTHREAD_START_ROUTINE start, void *parameter) {
    HANDLE thread = CreateThread(NULL, 0, start, parameter, 0, NULL);
    DWORD code = 0;
    NUM("ended", WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

// A fiber that begins on one thread and goes on on another.
static HANDLE handed;
static volatile DWORD threads[2];
static void *traveller, *homes[2];

static void CALLBACK travels(void *parameter) {
    (void)parameter;
    threads[0] = GetCurrentThreadId();
    SwitchToFiber(homes[0]);
    threads[1] = GetCurrentThreadId();
    SwitchToFiber(homes[1]);
}

static DWORD CALLBACK first_home(void *parameter) {
    (void)parameter;
    homes[0] = ConvertThreadToFiber(NULL);
    traveller = CreateFiber(0, travels, NULL);
    SwitchToFiber(traveller);
    return 1;
}

static DWORD CALLBACK second_home(void *parameter) {
    (void)parameter;
    homes[1] = ConvertThreadToFiber(NULL);
    SwitchToFiber(traveller);
    OK("a thread again", ConvertFiberToThread());
    return threads[0] != threads[1] && threads[1] == GetCurrentThreadId() ? 2 : 0;
}

static void ends(void) {
    (void)handed;
    NUM("by its function's return", run(ends_by_return, NULL));
    NUM("by deleting itself", run(ends_by_deletion, NULL));
    NUM("by ExitThread", run(ends_by_exit, (void *)12));
    NUM("first thread", run(first_home, NULL));
    NUM("second thread", run(second_home, NULL));
}

// A callback of a system function that switches.
static int __cdecl compare(const void *a, const void *b) {
    SwitchToFiber(other);
    return *(const int *)a - *(const int *)b;
}

static void callbacks(void) {
    int numbers[] = {5, 3, 9, 1, 7};
    steps = 0;
    other = CreateFiber(0, counts, (void *)1);
    qsort(numbers, 5, sizeof *numbers, compare);
    NUM("sorted", numbers[0] == 1 && numbers[1] == 3 && numbers[2] == 5 && numbers[3] == 7 && numbers[4] == 9);
    NUM("switched from within", steps > 3);
    DeleteFiber(other);
}

int main(void) {
    converting();
    switching();
    stacks();
    storage();
    floating_point();
    exceptions();
    ends();
    callbacks();
    OK("a thread again", ConvertFiberToThread());
    NUM("is a fiber", IsThreadAFiber());
    OK("twice", ConvertFiberToThread());
    return 0;
}
