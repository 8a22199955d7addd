/* Reads NTSTATUS values in hexadecimal from stdin, one a line; prints each with the system error code
   that ntdll!RtlNtStatusToDosError gives for it. */
#include <stdio.h>
#include <windows.h>

typedef ULONG (WINAPI *rtl_nt_status_to_dos_error)(LONG status);

int main(void)
{
    unsigned int status;
    FARPROC address = GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlNtStatusToDosError");
    rtl_nt_status_to_dos_error map = (rtl_nt_status_to_dos_error)(void *)address;
    if (!map)
        return 1;
    while (scanf("%x", &status) == 1)
        printf("%08X %lu\n", status, map((LONG)status));
    return 0;
}
