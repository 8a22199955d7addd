// kernel32 alone: no C runtime, three imports.
#include <windows.h>

void start(void) {
    static const char text[] = "Hello from kernel32\r\n";
    DWORD written = 0;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    BOOL ok = WriteFile(out, text, sizeof text - 1, &written, NULL);
    ExitProcess(ok && written == sizeof text - 1 ? 0 : 1);
}
