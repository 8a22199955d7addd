// The version reported: GetVersionEx answers a program without a manifest as Windows 8, RtlGetVersion tells the truth.
#include "check.h"

typedef LONG(NTAPI *RTL_GET_VERSION)(OSVERSIONINFOEXW *);

int main(void) {
    OSVERSIONINFOEXW info = {.dwOSVersionInfoSize = sizeof info};
    OK("GetVersionExW", GetVersionExW((OSVERSIONINFOW *)&info));
    printf("without a manifest: %lu.%lu.%lu\n", info.dwMajorVersion, info.dwMinorVersion, info.dwBuildNumber);
    NUM("platform", info.dwPlatformId);
    WSTR("service pack", info.szCSDVersion);
    NUM("product type", info.wProductType);
    DWORD version = GetVersion();
    printf("GetVersion: %lu.%lu.%lu\n", version & 0xff, (version >> 8) & 0xff, version >> 16);
    info.dwOSVersionInfoSize = 7;
    OK("wrong size", GetVersionExW((OSVERSIONINFOW *)&info));

    OSVERSIONINFOEXW real = {.dwOSVersionInfoSize = sizeof real};
    RTL_GET_VERSION get = (RTL_GET_VERSION)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlGetVersion");
    HEX("RtlGetVersion", get(&real));
    printf("real: %lu.%lu.%lu\n", real.dwMajorVersion, real.dwMinorVersion, real.dwBuildNumber);
    char *peb = (char *)__readgsqword(0x60);
    printf("in the PEB: %lu.%lu.%u\n", *(ULONG *)(void *)(peb + 0x118), *(ULONG *)(void *)(peb + 0x11c), *(USHORT *)(void *)(peb + 0x120));
    return 0;
}
