// KUSER_SHARED_DATA at its documented address: version fields, and times that move without a call.
#include "check.h"
#include <wchar.h>

#define AT(type, offset) (*(volatile type *)(0x7ffe0000ull + (offset)))

// High1, low, high2: read until both highs agree.
static LONGLONG system_time(DWORD offset) {
    LONG high;
    ULONG low;
    do {
        high = AT(LONG, offset + 4);
        low = AT(ULONG, offset);
    } while (high != AT(LONG, offset + 8));
    return ((LONGLONG)high << 32) | low;
}

static ULONGLONG ticks(void) {
    return (AT(ULONGLONG, 0x320) * AT(ULONG, 0x4)) >> 24;
}

static int near_by(LONGLONG a, LONGLONG b, LONGLONG most) {
    return a - b < most && b - a < most;
}

int main(void) {
    NUM("NtMajorVersion", AT(ULONG, 0x26c));
    NUM("NtMinorVersion", AT(ULONG, 0x270));
    NUM("NtBuildNumber", AT(ULONG, 0x260) & 0xffff);
    NUM("NtProductType is workstation", AT(ULONG, 0x264) == 1);
    wchar_t root[16] = {0};
    for (int i = 0; i < 15; i++)
        root[i] = AT(wchar_t, 0x30 + 2 * i);
    NUM("NtSystemRoot is C:\\Windows", !_wcsicmp(root, L"C:\\Windows"));
    NUM("SSE2 is a processor feature", AT(BYTE, 0x274 + PF_XMMI64_INSTRUCTIONS_AVAILABLE));

    FILETIME ft;
    LONGLONG shown = system_time(0x14);
    GetSystemTimeAsFileTime(&ft);
    LONGLONG called = ((LONGLONG)ft.dwHighDateTime << 32) | ft.dwLowDateTime;
    NUM("SystemTime is the time", near_by(shown, called, 10000000));
    NUM("TickCount is GetTickCount", near_by((LONGLONG)ticks(), (LONGLONG)GetTickCount64(), 1000));

    LONGLONG system = system_time(0x14), interrupt = system_time(0x08);
    ULONGLONG tick = ticks();
    Sleep(120);
    LONGLONG passed = system_time(0x14) - system;
    NUM("SystemTime moved", passed >= 500000 && passed < 100000000);
    passed = system_time(0x08) - interrupt;
    NUM("InterruptTime moved", passed >= 500000 && passed < 100000000);
    passed = (LONGLONG)(ticks() - tick);
    NUM("TickCount moved", passed >= 50 && passed < 10000);
    return 0;
}
