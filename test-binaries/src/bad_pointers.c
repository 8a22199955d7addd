// System services given bad pointers: they return an error, the program goes on.
#include "check.h"
#include <winternl.h>

#define BAD ((void *)(ULONG_PTR)0x10)

#define NT(name) ((LONG(NTAPI *)())(void *)GetProcAddress(GetModuleHandleA("ntdll"), name))

static void status(const char *name, LONG value) {
    printf("%s: %08lx\n", name, value);
}

int main(void) {
    DWORD n = 0;
    HANDLE f = CreateFileA("f", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    OK("write 10 bytes", WriteFile(f, "0123456789", 10, &n, NULL));
    OK("write from a bad buffer", WriteFile(f, BAD, 10, &n, NULL));
    NUM("size stays", GetFileSize(f, NULL));
    SetFilePointer(f, 0, NULL, FILE_BEGIN);
    OK("read into a bad buffer", ReadFile(f, BAD, 10, &n, NULL));
    OK("read into code", ReadFile(f, (void *)main, 10, &n, NULL));
    OK("write nothing from a bad buffer", WriteFile(f, BAD, 0, &n, NULL));

    // A buffer whose second page cannot be touched.
    char *two = VirtualAlloc(NULL, 0x2000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualAlloc(two, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    OK("write from a buffer that ends too soon", WriteFile(f, two + 0xff8, 16, &n, NULL));
    SetFilePointer(f, 0, NULL, FILE_BEGIN);
    OK("read as much as fits before the bad page", ReadFile(f, two + 0xff8, 8, &n, NULL));
    NUM("read", n);
    CloseHandle(f);

    HANDLE r, w;
    CreatePipe(&r, &w, NULL, 0);
    OK("write to a pipe from a bad buffer", WriteFile(w, BAD, 4, &n, NULL));
    WriteFile(w, "abcd", 4, &n, NULL);
    OK("read a pipe into a bad buffer", ReadFile(r, BAD, 4, &n, NULL));

    SIZE_T done = 99;
    char buffer[8];
    OK("ReadProcessMemory of bad memory", ReadProcessMemory(GetCurrentProcess(), BAD, buffer, 8, &done));
    OK("ReadProcessMemory", ReadProcessMemory(GetCurrentProcess(), "1234567", buffer, 8, &done));
    NUM("read", done);
    OK("WriteProcessMemory", WriteProcessMemory(GetCurrentProcess(), two, "x", 1, &done));
    NUM("written", two[0] == 'x');
    NUM("WriteProcessMemory to bad memory", WriteProcessMemory(GetCurrentProcess(), BAD, buffer, 8, &done));
    NUM("VirtualQuery into a bad buffer", VirtualQuery(main, BAD, sizeof(MEMORY_BASIC_INFORMATION)));
    NUM("error", GetLastError());

    status("NtClose of nonsense", NT("NtClose")((HANDLE)(ULONG_PTR)0xabcd0));
    status("NtCreateEvent, bad handle pointer", NT("NtCreateEvent")(BAD, EVENT_ALL_ACCESS, NULL, 0, 0));
    status("NtQueryInformationProcess, bad buffer", NT("NtQueryInformationProcess")(GetCurrentProcess(), 0, BAD, 48, NULL));
    status("NtQueryInformationProcess, wrong size", NT("NtQueryInformationProcess")(GetCurrentProcess(), 0, buffer, 8, NULL));
    status("NtQueryVirtualMemory, bad buffer", NT("NtQueryVirtualMemory")(GetCurrentProcess(), main, 0, BAD, (SIZE_T)48, NULL));
    status("NtAllocateVirtualMemory, bad base pointer",
           NT("NtAllocateVirtualMemory")(GetCurrentProcess(), BAD, (ULONG_PTR)0, BAD, MEM_COMMIT, PAGE_READWRITE));
    status("NtQuerySystemTime, bad pointer", NT("NtQuerySystemTime")(BAD));
    status("NtWaitForMultipleObjects, bad array", NT("NtWaitForMultipleObjects")(2, BAD, 1, 0, NULL));
    return 0;
}
