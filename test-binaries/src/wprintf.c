// The C runtime's wide output to a narrow stream: wprintf, fputws, putwc, and what the C locale cannot say.
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <wchar.h>

int main(void) {
    printf("wprintf: %d\n", wprintf(L"%s %ls %hs %S %d %c\n", L"wide", L"wide", "narrow", "narrow", 5, L'x'));
    printf("fputws: %d\n", fputws(L"line\n", stdout) >= 0);
    printf("putwc: %d\n", putwc(L'w', stdout));
    printf("fwprintf: %d\n", fwprintf(stdout, L"%08.3f|%-6s|%6s\n", 3.14159, L"ab", L"cd"));
    printf("_putws: %d\n", _putws(L"put") >= 0);
    printf("Latin-1 goes as one byte: %d\n", wprintf(L"\u00e9\n"));
    wchar_t buffer[32];
    printf("swprintf: %d", _snwprintf(buffer, 32, L"%-8s|%+d|%#x", L"\u4e16", 7, 255));
    printf(" %x\n", buffer[0]);
    fflush(stdout);
    return 0;
}
