// Last errors: where they live, what bad handles and wrong sizes set, how statuses map.
#include "check.h"
#include <string.h>

typedef ULONG(NTAPI *RTL_STATUS_TO_ERROR)(LONG);

static void handles(const char *name, HANDLE bad) {
    DWORD n;
    char buffer[8];
    LARGE_INTEGER size;
    FILETIME ft;
    BY_HANDLE_FILE_INFORMATION info;
    printf("-- %s\n", name);
    OK("CloseHandle", CloseHandle(bad));
    OK("ReadFile", ReadFile(bad, buffer, 8, &n, NULL));
    OK("WriteFile", WriteFile(bad, buffer, 8, &n, NULL));
    OK("GetFileSizeEx", GetFileSizeEx(bad, &size));
    OK("SetEndOfFile", SetEndOfFile(bad));
    OK("GetFileTime", GetFileTime(bad, &ft, &ft, &ft));
    OK("GetFileInformationByHandle", GetFileInformationByHandle(bad, &info));
    OK("SetEvent", SetEvent(bad));
    OK("ReleaseMutex", ReleaseMutex(bad));
    OK("FlushFileBuffers", FlushFileBuffers(bad));
    OK("GetHandleInformation", GetHandleInformation(bad, &n));
    SetLastError(0);
    HEX("GetFileSize", GetFileSize(bad, NULL));
    NUM("error", GetLastError());
    SetLastError(0);
    NUM("GetFileType", GetFileType(bad));
    NUM("error", GetLastError());
}

int main(void) {
    SetLastError(0x12345678);
    HEX("SetLastError", GetLastError());
    HEX("in the TEB", *(DWORD *)(__readgsqword(0x30) + 0x68));
    *(DWORD *)(__readgsqword(0x30) + 0x68) = 4321;
    NUM("set there by hand", GetLastError());

    handles("NULL", NULL);
    handles("a value that never was one", (HANDLE)(ULONG_PTR)0xabcd0);
    SetLastError(0);
    HEX("WaitForSingleObject", WaitForSingleObject(NULL, 0));
    NUM("error", GetLastError());

    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    OK("SetEvent of a semaphore", SetEvent(semaphore));
    OK("ReleaseSemaphore of an event", ReleaseSemaphore(event, 1, NULL));
    DWORD n;
    OK("ReadFile of an event", ReadFile(event, &n, 4, &n, NULL));
    OK("FindClose of nonsense", FindClose(INVALID_HANDLE_VALUE));
    OK("protect from close", SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
    OK("GetHandleInformation", GetHandleInformation(event, &n));
    HEX("flags", n);
    NUM("CloseHandle of a protected one", CloseHandle(event));
    OK("unprotect", SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    OK("CloseHandle", CloseHandle(event));
    OK("CloseHandle again", CloseHandle(event));
    OK("the pseudo handle of the process can be closed", CloseHandle(GetCurrentProcess()));

    char small[2];
    n = 1;
    OK("GetComputerName too small", GetComputerNameA(small, &n));
    NUM("room needed is more", n > 1);
    SetLastError(0);
    NUM("OpenProcess of nobody", OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, 0) == NULL);
    NUM("error", GetLastError());
    HANDLE self = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    NUM("OpenProcess of itself", GetProcessId(self) == GetCurrentProcessId());
    OK("exit code so far", GetExitCodeProcess(self, &n));
    NUM("STILL_ACTIVE", n);
    CloseHandle(self);
    OK("DuplicateHandle of nonsense",
       DuplicateHandle(GetCurrentProcess(), (HANDLE)(ULONG_PTR)0xabcd0, GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS));

    RTL_STATUS_TO_ERROR map = (RTL_STATUS_TO_ERROR)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlNtStatusToDosError");
    static const unsigned statuses[] = {0,          0x103,      0xc0000005, 0xc0000008, 0xc000000d, 0xc0000022, 0xc0000034, 0xc000003a,
                                        0xc0000043, 0xc0000035, 0xc0000101, 0xc0000011, 0xc0000023, 0x80000005, 0xc00000bb, 0xc0000017};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        printf("status %08x: %lu\n", statuses[i], map((LONG)statuses[i]));
    return 0;
}
