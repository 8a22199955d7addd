// Time and system: what the documentation says of the machine, by several ways that must agree; sizes that are refused.
#include "check.h"
#include <psapi.h>
#include <string.h>
#include <winternl.h>

typedef NTSTATUS(WINAPI *QUERY_SYSTEM)(int, void *, ULONG, ULONG *);
typedef NTSTATUS(WINAPI *QUERY_OBJECT)(HANDLE, int, void *, ULONG, ULONG *);

static QUERY_SYSTEM query_system;
static QUERY_OBJECT query_process, query_thread;
static HMODULE kernel;
static char buffer[0x10000];

// Names a function that mingw-w64's import library may lack.
#define GET(name) ((void *)GetProcAddress(kernel, #name))

static void sizes(const char *name, int class, ULONG size) {
    ULONG needed = 0;
    NTSTATUS ok = query_system(class, buffer, size, &needed);
    NTSTATUS small = query_system(class, buffer, size - 1, NULL);
    printf("%s: 0x%lx with %lu, a byte too small 0x%lx\n", name, ok, needed, small);
}

static void of_process(const char *name, int class, ULONG size) {
    ULONG needed = 0;
    NTSTATUS ok = query_process(GetCurrentProcess(), class, buffer, size, &needed);
    NTSTATUS small = query_process(GetCurrentProcess(), class, buffer, size - 1, NULL);
    printf("%s: 0x%lx with %lu, a byte too small 0x%lx\n", name, ok, needed, small);
}

static void of_thread(const char *name, int class, ULONG size) {
    ULONG needed = 0;
    NTSTATUS ok = query_thread(GetCurrentThread(), class, buffer, size, &needed);
    NTSTATUS small = query_thread(GetCurrentThread(), class, buffer, size - 1, NULL);
    printf("%s: 0x%lx with %lu, a byte too small 0x%lx\n", name, ok, needed, small);
}

static ULONGLONG number(const FILETIME *t) {
    return (ULONGLONG)t->dwHighDateTime << 32 | t->dwLowDateTime;
}

static void clocks(void) {
    void(WINAPI *interrupt)(ULONGLONG *) = GET(QueryInterruptTime);
    void(WINAPI *interrupt_precise)(ULONGLONG *) = GET(QueryInterruptTimePrecise);
    void(WINAPI *unbiased_precise)(ULONGLONG *) = GET(QueryUnbiasedInterruptTimePrecise);
    if (!interrupt) {
        HMODULE base = LoadLibraryA("kernelbase.dll");
        interrupt = (void *)GetProcAddress(base, "QueryInterruptTime");
        interrupt_precise = (void *)GetProcAddress(base, "QueryInterruptTimePrecise");
        unbiased_precise = (void *)GetProcAddress(base, "QueryUnbiasedInterruptTimePrecise");
    }
    ULONGLONG biased = 0, precise = 0, unbiased = 0, ticks, cycles = 0, later = 0;
    FILETIME coarse, fine, idle, kernel_time, user_time, created, ended;
    ticks = GetTickCount64();
    interrupt(&biased);
    interrupt_precise(&precise);
    unbiased_precise(&unbiased);
    NUM("interrupt time is the tick count's", biased / 10000 - ticks < 1000);
    NUM("precise is later", precise >= biased);
    NUM("unbiased is not more", unbiased <= precise + 10000000);
    NUM("QueryUnbiasedInterruptTime", QueryUnbiasedInterruptTime(&unbiased));
    GetSystemTimeAsFileTime(&coarse);
    GetSystemTimePreciseAsFileTime(&fine);
    NUM("system time is the precise one's", number(&fine) - number(&coarse) < 10000000 || number(&coarse) - number(&fine) < 10000000);
    OK("QueryProcessCycleTime", QueryProcessCycleTime(GetCurrentProcess(), &cycles));
    for (volatile int i = 0; i < 1000000; i++)
        ;
    QueryProcessCycleTime(GetCurrentProcess(), &later);
    NUM("cycles pass", later > cycles);
    OK("QueryThreadCycleTime", QueryThreadCycleTime(GetCurrentThread(), &cycles));
    OK("GetSystemTimes", GetSystemTimes(&idle, &kernel_time, &user_time));
    NUM("idle time is in the kernel's", number(&idle) <= number(&kernel_time));
    OK("GetProcessTimes", GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel_time, &user_time));
    NUM("created before now", number(&created) <= number(&fine));
    SYSTEM_TIMEOFDAY_INFORMATION day;
    ULONG size = 0;
    HEX("SystemTimeOfDayInformation", query_system(3, &day, sizeof day, &size));
    NUM("its size", size);
    LONGLONG now = *(LONGLONG *)((char *)&day + 8), boot = *(LONGLONG *)&day;
    NUM("current time", (ULONGLONG)now - number(&fine) < 50000000);
    LONGLONG up = (now - boot) / 10000 - (LONGLONG)GetTickCount64();
    NUM("boot time is the tick count's", up > -10000 && up < 10000);
    HEX("its beginning", query_system(3, &day, 8, &size));
    NUM("is 8 bytes", size);
    HEX("too large", query_system(3, buffer, 49, &size));
}

static void memory(void) {
    BOOL(WINAPI *installed)(ULONGLONG *) = GET(GetPhysicallyInstalledSystemMemory);
    BOOL(WINAPI *performance)(PERFORMANCE_INFORMATION *, DWORD) = GET(K32GetPerformanceInfo);
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    PERFORMANCE_INFORMATION info;
    SYSTEM_BASIC_INFORMATION basic;
    SYSTEM_INFO system;
    ULONGLONG kb = 0;
    ULONG n;
    OK("GlobalMemoryStatusEx", GlobalMemoryStatusEx(&status));
    status.dwLength--;
    OK("with a wrong length", GlobalMemoryStatusEx(&status));
    OK("GetPhysicallyInstalledSystemMemory", installed(&kb));
    NUM("not less than there is", kb >= status.ullTotalPhys / 1024);
    NUM("available is less than all", status.ullAvailPhys <= status.ullTotalPhys);
    NUM("load is a percentage", status.dwMemoryLoad <= 100);
    OK("K32GetPerformanceInfo", performance(&info, sizeof info));
    NUM("pages", info.PageSize);
    NUM("the same memory", info.PhysicalTotal * info.PageSize / 1048576 == status.ullTotalPhys / 1048576);
    NUM("committed within the limit", info.CommitTotal <= info.CommitLimit);
    OK("a byte too small", performance(&info, sizeof info - 1));
    HEX("SystemBasicInformation", query_system(0, &basic, sizeof basic, &n));
    NUM("its size", n);
    GetSystemInfo(&system);
    NUM("page size", *(ULONG *)((char *)&basic + 8) == system.dwPageSize);
    NUM("pages of memory", (ULONGLONG) * (ULONG *)((char *)&basic + 12) * 4096 / 1048576 == status.ullTotalPhys / 1048576);
    NUM("processors", (DWORD)(unsigned char)basic.NumberOfProcessors == system.dwNumberOfProcessors);
    PROCESS_MEMORY_COUNTERS counters;
    BOOL(WINAPI *of_process_memory)(HANDLE, PROCESS_MEMORY_COUNTERS *, DWORD) = GET(K32GetProcessMemoryInfo);
    OK("K32GetProcessMemoryInfo", of_process_memory(GetCurrentProcess(), &counters, sizeof counters));
    NUM("peak is not less", counters.PeakWorkingSetSize >= counters.WorkingSetSize);
}

static ULONG bits(ULONGLONG mask) {
    ULONG n = 0;
    for (; mask; mask &= mask - 1)
        n++;
    return n;
}

static void processors(void) {
    SYSTEM_INFO system;
    DWORD_PTR process = 0, all = 0;
    DWORD length = 0;
    ULONG highest = 99;
    ULONGLONG node = 0, cores = 0, packages = 0, nodes = 0;
    GetSystemInfo(&system);
    GetProcessAffinityMask(GetCurrentProcess(), &process, &all);
    NUM("active processors", GetActiveProcessorCount(0) == system.dwNumberOfProcessors);
    NUM("of all groups", GetActiveProcessorCount(ALL_PROCESSOR_GROUPS) == system.dwNumberOfProcessors);
    NUM("maximum is not less", GetMaximumProcessorCount(0) >= system.dwNumberOfProcessors);
    NUM("groups", GetActiveProcessorGroupCount());
    OK("GetNumaHighestNodeNumber", GetNumaHighestNodeNumber(&highest));
    OK("GetNumaNodeProcessorMask", GetNumaNodeProcessorMask(0, &node));
    NUM("node 0 has processors", node != 0 && (node & ~(ULONGLONG)all) == 0);
    OK("GetLogicalProcessorInformation without room", GetLogicalProcessorInformation(NULL, &length));
    NUM("whole records", length != 0 && length % sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION) == 0);
    OK("with room", GetLogicalProcessorInformation((void *)buffer, &length));
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *p = (void *)buffer;
    int twice = 0;
    for (DWORD i = 0; i < length / sizeof *p; i++) {
        if (p[i].Relationship == RelationProcessorCore) {
            twice |= (cores & p[i].ProcessorMask) != 0;
            cores |= p[i].ProcessorMask;
        } else if (p[i].Relationship == RelationProcessorPackage) {
            packages |= p[i].ProcessorMask;
        } else if (p[i].Relationship == RelationNumaNode) {
            nodes |= p[i].ProcessorMask;
        }
    }
    NUM("every processor is in a core", cores == all);
    NUM("in one", !twice);
    NUM("in a package", packages == all);
    NUM("in a node", nodes == all);
    length = 0;
    OK("GetLogicalProcessorInformationEx without room", GetLogicalProcessorInformationEx(RelationAll, NULL, &length));
    OK("with room", GetLogicalProcessorInformationEx(RelationAll, (void *)buffer, &length));
    ULONGLONG mask = 0;
    ULONG at = 0, groups = 0, in_group = 0;
    while (at < length) {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *x = (void *)(buffer + at);
        if (!x->Size)
            break;
        if (x->Relationship == RelationProcessorCore)
            mask |= x->Processor.GroupMask[0].Mask;
        if (x->Relationship == RelationGroup) {
            groups = x->Group.ActiveGroupCount;
            in_group = x->Group.GroupInfo[0].ActiveProcessorCount;
        }
        at += x->Size;
    }
    NUM("records end where they should", at == length);
    NUM("the same cores", mask == cores);
    NUM("one group", groups);
    NUM("of all processors", in_group == bits(all));
    OK("an unknown relationship", GetLogicalProcessorInformationEx(77, (void *)buffer, &length));
    NUM("current processor", GetCurrentProcessorNumber() < system.dwNumberOfProcessors);
    NUM("SSE2", IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    NUM("a feature that does not exist", IsProcessorFeaturePresent(63));
    ULONG n = 0;
    NTSTATUS status = query_system(8, buffer, sizeof buffer, &n);
    HEX("SystemProcessorPerformanceInformation", status);
    NUM("one for each", n == 48 * system.dwNumberOfProcessors);
}

static void zones(void) {
    DYNAMIC_TIME_ZONE_INFORMATION dynamic;
    TIME_ZONE_INFORMATION plain, year;
    SYSTEMTIME utc = {2024, 7, 0, 1, 12, 0, 0, 0}, local, back;
    DWORD part = GetTimeZoneInformation(&plain);
    NUM("the same part of the year", GetDynamicTimeZoneInformation(&dynamic) == part);
    NUM("the same bias", plain.Bias == dynamic.Bias);
    NUM("a name", dynamic.TimeZoneKeyName[0] != 0);
    OK("GetTimeZoneInformationForYear", GetTimeZoneInformationForYear(2024, NULL, &year));
    NUM("its bias", year.Bias == plain.Bias);
    OK("to local time", SystemTimeToTzSpecificLocalTime(NULL, &utc, &local));
    OK("and back", TzSpecificLocalTimeToSystemTime(NULL, &local, &back));
    NUM("is the same", back.wHour == utc.wHour && back.wDay == utc.wDay);
    memset(&dynamic, 0, sizeof dynamic);
    wcscpy(dynamic.TimeZoneKeyName, L"W. Europe Standard Time");
    OK("a zone by name", GetTimeZoneInformationForYear(2024, &dynamic, &year));
    NUM("its bias", year.Bias);
    NUM("daylight bias", year.DaylightBias);
    NUM("daylight saving begins in", year.DaylightDate.wMonth);
    NUM("ends in", year.StandardDate.wMonth);
    wcscpy(dynamic.TimeZoneKeyName, L"No Such Standard Time");
    NUM("no such zone", GetTimeZoneInformationForYear(2024, &dynamic, &year));
}

static void classes(void) {
    ULONG n = 0;
    sizes("SystemBasicInformation", 0, 64);
    sizes("SystemTimeAdjustmentInformation", 28, 12);
    sizes("SystemKernelDebuggerInformation", 35, 2);
    HEX("an unknown class", query_system(9999, buffer, sizeof buffer, &n));
    NTSTATUS list = query_system(5, buffer, 16, &n);
    HEX("SystemProcessInformation without room", list);
    NUM("tells the size", n > 256);
    of_process("ProcessBasicInformation", 0, 48);
    of_process("ProcessIoCounters", 2, 48);
    of_process("ProcessVmCounters", 3, 88);
    of_process("ProcessTimes", 4, 32);
    of_process("ProcessDebugPort", 7, 8);
    of_process("ProcessHandleCount", 20, 4);
    of_process("ProcessWow64Information", 26, 8);
    of_process("ProcessDebugFlags", 31, 4);
    NTSTATUS port = query_process(GetCurrentProcess(), 30, buffer, 8, &n);
    HEX("ProcessDebugObjectHandle", port);
    PROCESS_BASIC_INFORMATION basic;
    query_process(GetCurrentProcess(), 0, &basic, sizeof basic, &n);
    NUM("PEB", (ULONGLONG)basic.PebBaseAddress == __readgsqword(0x60));
    NUM("identifier", basic.UniqueProcessId == GetCurrentProcessId());
    UNICODE_STRING *name = (void *)buffer;
    NTSTATUS image = query_process(GetCurrentProcess(), 43, buffer, sizeof buffer, &n);
    HEX("ProcessImageFileNameWin32", image);
    WCHAR path[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    NUM("is the module's", name->Length == 2 * length && !_wcsnicmp(name->Buffer, path, length));
    HEX("without room", query_process(GetCurrentProcess(), 43, buffer, 16, &n));
    image = query_process(GetCurrentProcess(), 27, buffer, sizeof buffer, &n);
    HEX("ProcessImageFileName", image);
    NUM("is a device's", !wcsncmp(name->Buffer, L"\\Device\\", 8));
    HEX("an unknown class", query_process(GetCurrentProcess(), 9999, buffer, 8, &n));
    HEX("a closed handle", query_process((HANDLE)0x1234568, 0, buffer, 48, &n));
    of_thread("ThreadBasicInformation", 0, 48);
    of_thread("ThreadTimes", 1, 32);
    of_thread("ThreadAmILastThread", 12, 4);
    NUM("it is", *(ULONG *)buffer);
    of_thread("ThreadHideFromDebugger", 17, 1);
    HEX("an unknown class", query_thread(GetCurrentThread(), 9999, buffer, 8, &n));
    HRESULT(WINAPI *describe)(HANDLE, const wchar_t *) = GET(SetThreadDescription);
    describe(GetCurrentThread(), L"worker");
    image = query_thread(GetCurrentThread(), 38, buffer, sizeof buffer, &n);
    HEX("ThreadNameInformation", image);
    NUM("is the description", name->Length == 12 && !wcsncmp(name->Buffer, L"worker", 6));
}

int main(void) {
    HMODULE nt = GetModuleHandleA("ntdll.dll");
    kernel = GetModuleHandleA("kernel32.dll");
    query_system = (void *)GetProcAddress(nt, "NtQuerySystemInformation");
    query_process = (void *)GetProcAddress(nt, "NtQueryInformationProcess");
    query_thread = (void *)GetProcAddress(nt, "NtQueryInformationThread");
    clocks();
    memory();
    processors();
    zones();
    classes();
    return 0;
}
