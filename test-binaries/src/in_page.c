// A view of a file that somebody else cuts off while it is mapped: `in_page FILE` waits for a line of input between.
#include "say.h"
#include <excpt.h>

static char *view;
static char *beyond;

__attribute__((used)) LONG CALLBACK filter(EXCEPTION_POINTERS *info, void *frame) {
    EXCEPTION_RECORD *record = info->ExceptionRecord;
    (void)frame;
    say("%08lx flags %lx, %lu parameters: %d, in place: %d, %08lx", record->ExceptionCode, record->ExceptionFlags, record->NumberParameters,
        (int)record->ExceptionInformation[0], record->ExceptionInformation[1] == (ULONG_PTR)beyond,
        record->NumberParameters > 2 ? (unsigned long)record->ExceptionInformation[2] : 0);
    return EXCEPTION_EXECUTE_HANDLER;
}

__attribute__((noinline)) static void guarded(void (*body)(void)) {
    __try1(filter) body();
    __except1
}

static void reads(void) {
    say("read %d", *(volatile char *)beyond);
}

static void writes(void) {
    *(volatile char *)beyond = 1;
    say("written");
}

int main(int argc, char **argv) {
    if (argc < 2) {
        say("which file?");
        return 0;
    }
    HANDLE file = CreateFileA(argv[1], GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!view) {
        say("not mapped: %lu", GetLastError());
        return 1;
    }
    beyond = view + 0x2000;
    say("mapped: %d %d", view[0], beyond[0]);
    char line[16];
    DWORD count;
    ReadFile(GetStdHandle(STD_INPUT_HANDLE), line, sizeof line, &count, NULL);
    guarded(reads);
    guarded(writes);
    say("at its beginning: %d", view[0]);
    if (argc > 2)
        writes();
    return 0;
}
