// dbghelp.dll on the own process: symbols, lines, the stack, and dumps. Built with DWARF and a COFF symbol table.
// `dbghelp FILE` leaves its dump there, `dbghelp FILE full` one with all memory.
#include "check.h"
#include <dbghelp.h>
#include <stdlib.h>
#include <string.h>

static HANDLE process;

static void show(const char *what, DWORD64 address) {
    char room[sizeof(SYMBOL_INFO) + 100];
    SYMBOL_INFO *symbol = (SYMBOL_INFO *)(void *)room;
    memset(room, 0, sizeof room);
    symbol->SizeOfStruct = sizeof *symbol;
    symbol->MaxNameLen = 100;
    DWORD64 displacement = 0;
    OK(what, SymFromAddr(process, address, &displacement, symbol));
    STR("  name", symbol->Name);
    NUM("  at its start", displacement == 0);
    NUM("  length", symbol->NameLen);
    NUM("  base", symbol->ModBase == (DWORD64)(ULONG_PTR)GetModuleHandleA(NULL));
    NUM("  address", symbol->Address + displacement == address);
}

static void show_line(DWORD64 address) {
    IMAGEHLP_LINE64 line = {.SizeOfStruct = sizeof line};
    DWORD displacement;
    OK("SymGetLineFromAddr64", SymGetLineFromAddr64(process, address, &displacement, &line));
    const char *file = line.FileName;
    for (const char *at = file; at && *at; at++)
        if (*at == '/' || *at == '\\')
            file = at + 1;
    STR("  file", file);
    NUM("  line", line.LineNumber);
}

__attribute__((noinline)) static void walk(void) {
    CONTEXT context;
    RtlCaptureContext(&context);
    STACKFRAME64 frame;
    memset(&frame, 0, sizeof frame);
    frame.AddrPC.Offset = context.Rip;
    frame.AddrPC.Mode = AddrModeFlat;
    frame.AddrStack.Offset = context.Rsp;
    frame.AddrStack.Mode = AddrModeFlat;
    frame.AddrFrame.Offset = context.Rbp;
    frame.AddrFrame.Mode = AddrModeFlat;
    DWORD64 returns = 0;
    for (int count = 0; count < 20; count++) {
        if (!StackWalk64(IMAGE_FILE_MACHINE_AMD64, process, GetCurrentThread(), &frame, &context, NULL,
                         SymFunctionTableAccess64, SymGetModuleBase64, NULL))
            break;
        char room[sizeof(SYMBOL_INFO) + 100];
        SYMBOL_INFO *symbol = (SYMBOL_INFO *)(void *)room;
        memset(room, 0, sizeof room);
        symbol->SizeOfStruct = sizeof *symbol;
        symbol->MaxNameLen = 100;
        if (!SymFromAddr(process, frame.AddrPC.Offset, NULL, symbol))
            break;
        STR("frame", symbol->Name);
        if (count)
            NUM("  returned to", returns == frame.AddrPC.Offset);
        returns = frame.AddrReturn.Offset;
        if (!strcmp(symbol->Name, "main"))
            break;
    }
}

static int __cdecl compare(const void *left, const void *right) {
    (void)left, (void)right;
    walk();
    return 0;
}

static DWORD WINAPI sleeper(void *event) {
    WaitForSingleObject(event, INFINITE);
    return 0;
}

static DWORD count_streams(const char *dump, const char *name, DWORD type, DWORD *size) {
    const MINIDUMP_HEADER *header = (const void *)dump;
    const MINIDUMP_DIRECTORY *directory = (const void *)(dump + header->StreamDirectoryRva);
    for (DWORD i = 0; i < header->NumberOfStreams; i++)
        if (directory[i].StreamType == type) {
            printf("%s: there\n", name);
            *size = directory[i].Location.DataSize;
            return directory[i].Location.Rva;
        }
    printf("%s: missing\n", name);
    return 0;
}

static void dump(const char *path, MINIDUMP_TYPE type) {
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    EXCEPTION_RECORD record = {.ExceptionCode = 0xE0001234, .NumberParameters = 1, .ExceptionInformation = {42}};
    CONTEXT context;
    RtlCaptureContext(&context);
    EXCEPTION_POINTERS pointers = {&record, &context};
    MINIDUMP_EXCEPTION_INFORMATION information = {GetCurrentThreadId(), &pointers, FALSE};
    char words[] = "of the user";
    MINIDUMP_USER_STREAM stream = {LastReservedStream + 1, sizeof words, words};
    MINIDUMP_USER_STREAM_INFORMATION streams = {1, &stream};
    OK("MiniDumpWriteDump", MiniDumpWriteDump(process, GetCurrentProcessId(), file, type,
                                              &information, &streams, NULL));
    DWORD size = GetFileSize(file, NULL), read = 0, length = 0;
    char *bytes = malloc(size);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK("ReadFile", ReadFile(file, bytes, size, &read, NULL));
    CloseHandle(file);
    const MINIDUMP_HEADER *header = (const void *)bytes;
    NUM("signature", !memcmp(&header->Signature, "MDMP", 4));
    DWORD at = count_streams(bytes, "threads", ThreadListStream, &length);
    NUM("  number", at ? ((const MINIDUMP_THREAD_LIST *)(const void *)(bytes + at))->NumberOfThreads : 0);
    at = count_streams(bytes, "modules", ModuleListStream, &length);
    if (at) {
        const MINIDUMP_MODULE *module = ((const MINIDUMP_MODULE_LIST *)(const void *)(bytes + at))->Modules;
        NUM("  the program first", module->BaseOfImage == (ULONG_PTR)GetModuleHandleA(NULL));
    }
    at = count_streams(bytes, "exception", ExceptionStream, &length);
    if (at) {
        const MINIDUMP_EXCEPTION_STREAM *exception = (const void *)(bytes + at);
        HEX("  code", exception->ExceptionRecord.ExceptionCode);
        BIG("  parameter", exception->ExceptionRecord.ExceptionInformation[0]);
        NUM("  thread", exception->ThreadId == GetCurrentThreadId());
    }
    count_streams(bytes, "system", SystemInfoStream, &length);
    count_streams(bytes, "memory", MemoryListStream, &length);
    at = count_streams(bytes, "user", LastReservedStream + 1, &length);
    NUM("  length", length);
    STR("  text", at ? bytes + at : NULL);
    free(bytes);
}

int main(int argc, char **argv) {
    process = GetCurrentProcess();
    OK("SymInitialize", SymInitialize(process, NULL, TRUE));
    show("compare", (DWORD64)(ULONG_PTR)compare);
    show("within main", (DWORD64)(ULONG_PTR)main + 5);
    show_line((DWORD64)(ULONG_PTR)sleeper);
    NUM("base", SymGetModuleBase64(process, (DWORD64)(ULONG_PTR)main) == (DWORD64)(ULONG_PTR)GetModuleHandleA(NULL));
    OK("nowhere", SymFromAddr(process, 0x1234, NULL, &(SYMBOL_INFO){.SizeOfStruct = sizeof(SYMBOL_INFO), .MaxNameLen = 1}));
    int numbers[2] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, compare);

    IMAGE_NT_HEADERS *headers = ImageNtHeader(GetModuleHandleA(NULL));
    HEX("machine", headers->FileHeader.Machine);
    ULONG size = 0;
    void *imports = ImageDirectoryEntryToData(GetModuleHandleA(NULL), TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);
    NUM("imports", imports && size);
    NUM("none", ImageDirectoryEntryToData(GetModuleHandleA(NULL), TRUE, IMAGE_DIRECTORY_ENTRY_ARCHITECTURE, &size) == NULL);
    char name[100];
    NUM("UnDecorateSymbolName", UnDecorateSymbolName("?inner@outer@@YAXH@Z", name, sizeof name, UNDNAME_NAME_ONLY));
    STR("  name", name);
    NUM("of another kind", UnDecorateSymbolName("main", name, sizeof name, UNDNAME_COMPLETE));
    STR("  name", name);

    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, sleeper, event, 0, NULL);
    Sleep(10);
    dump(argc > 1 ? argv[1] : "dbghelp.dmp", argc > 2 ? MiniDumpWithFullMemory : MiniDumpWithFullMemoryInfo);
    if (argc < 2)
        DeleteFileA("dbghelp.dmp");
    SetEvent(event);
    NUM("the thread goes on", WaitForSingleObject(thread, 5000));
    OK("SymCleanup", SymCleanup(process));
    NUM("once more", SymCleanup(process));
    return 0;
}
