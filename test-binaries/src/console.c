// Console functions when the standard handles are files and pipes, and code pages.
#include "check.h"

static BOOL WINAPI handler(DWORD event) {
    (void)event;
    return FALSE;
}

int main(void) {
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), in = GetStdHandle(STD_INPUT_HANDLE), err = GetStdHandle(STD_ERROR_HANDLE);
    DWORD n = 0, mode;
    NUM("type of stdin, a pipe", GetFileType(in));
    NUM("type of stdout, a file", GetFileType(out));
    NUM("type of stderr, a file", GetFileType(err));
    OK("WriteConsoleW to a file", WriteConsoleW(out, L"text", 4, &n, NULL));
    OK("WriteConsoleA to a file", WriteConsoleA(out, "text", 4, &n, NULL));
    OK("GetConsoleMode of a file", GetConsoleMode(out, &mode));
    OK("GetConsoleMode of a pipe", GetConsoleMode(in, &mode));
    OK("SetConsoleMode of a file", SetConsoleMode(out, 0));
    CONSOLE_SCREEN_BUFFER_INFO info;
    OK("GetConsoleScreenBufferInfo of a file", GetConsoleScreenBufferInfo(out, &info));
    OK("FlushFileBuffers of stdout", FlushFileBuffers(out));
    OK("SetConsoleCtrlHandler", SetConsoleCtrlHandler(handler, TRUE));
    OK("remove it", SetConsoleCtrlHandler(handler, FALSE));
    OK("remove it again", SetConsoleCtrlHandler(handler, FALSE));
    SetLastError(0);
    NUM("GetStdHandle of nonsense", GetStdHandle(5) == INVALID_HANDLE_VALUE);
    NUM("error", GetLastError());
    OK("SetStdHandle", SetStdHandle(STD_ERROR_HANDLE, out));
    NUM("is what was set", GetStdHandle(STD_ERROR_HANDLE) == out);
    SetStdHandle(STD_ERROR_HANDLE, err);
    NUM("type of NULL", GetFileType(NULL));
    NUM("GetACP", GetACP());
    NUM("GetOEMCP", GetOEMCP());
    STARTUPINFOW start;
    GetStartupInfoW(&start);
    NUM("start-up information has its size", start.cb == sizeof start);
    fflush(stdout);
    OK("WriteFile", WriteFile(out, "raw \xc3\xa9\r\n", 8, &n, NULL));
    NUM("written", n);
    fflush(stdout);
    return 0;
}
