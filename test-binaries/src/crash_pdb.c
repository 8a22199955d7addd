// Crashes in a program of Visual C++'s format, whose symbols are in a PDB file.
__declspec(dllimport) void __stdcall ExitProcess(unsigned);

static volatile int sink;

static inline __attribute__((always_inline)) int load(volatile int *from) {
    return *from;
}

__attribute__((noinline)) static int read_null(int value) {
    sink = load((volatile int *)16) + value;
    return sink;
}

__attribute__((noinline)) int outer(int value) {
    return read_null(value + 1) * 2;
}

int start(void) {
    ExitProcess(outer(1));
    return 0;
}
