// Objects and the namespace: what is told of handles, duplicates, directories, symbolic links, names.
#include "check.h"
#include <winternl.h>
#include <string.h>

#define BasicInformation 0
#define NameInformation 1
#define TypeInformation 2
#define TypesInformation 3
#define HandleFlagInformation 4

#define SIZE 4096
#define DIRECTORY_ALL_ACCESS 0xf000f
#define SYMBOLIC_LINK_QUERY 1
#define SYMBOLIC_LINK_ALL_ACCESS 0xf0001

typedef struct {
    ULONG Attributes;
    ACCESS_MASK GrantedAccess;
    ULONG HandleCount;
    ULONG PointerCount;
    ULONG Reserved[10];
} BASIC;

typedef struct {
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} ENTRY;

#define FUNCTIONS(F) \
    F(NtQueryObject, (HANDLE, int, void *, ULONG, ULONG *)) \
    F(NtSetInformationObject, (HANDLE, int, void *, ULONG)) \
    F(NtDuplicateObject, (HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK, ULONG, ULONG)) \
    F(NtCompareObjects, (HANDLE, HANDLE)) \
    F(NtMakeTemporaryObject, (HANDLE)) \
    F(NtCreateDirectoryObject, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtOpenDirectoryObject, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtQueryDirectoryObject, (HANDLE, void *, ULONG, BOOLEAN, BOOLEAN, ULONG *, ULONG *)) \
    F(NtCreateSymbolicLinkObject, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, UNICODE_STRING *)) \
    F(NtOpenSymbolicLinkObject, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtQuerySymbolicLinkObject, (HANDLE, UNICODE_STRING *, ULONG *)) \
    F(NtCreateEvent, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, int, BOOLEAN)) \
    F(NtOpenEvent, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtOpenMutant, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *)) \
    F(NtCreateMutant, (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, BOOLEAN))
#define DECLARE(name, types) typedef NTSTATUS (NTAPI *name##_t) types; static name##_t p##name;
FUNCTIONS(DECLARE)

static char buffer[SIZE] __attribute__((aligned(16)));

static OBJECT_ATTRIBUTES *attributes(HANDLE root, const wchar_t *name, ULONG flags) {
    static OBJECT_ATTRIBUTES all[8];
    static UNICODE_STRING names[8];
    static int next;
    int at = next++ % 8;
    OBJECT_ATTRIBUTES *to = &all[at];
    names[at].Length = name ? (USHORT)(2 * wcslen(name)) : 0;
    names[at].MaximumLength = names[at].Length;
    names[at].Buffer = (wchar_t *)name;
    to->Length = sizeof *to;
    to->RootDirectory = root;
    to->ObjectName = name ? &names[at] : NULL;
    to->Attributes = flags;
    to->SecurityDescriptor = NULL;
    to->SecurityQualityOfService = NULL;
    return to;
}

static void show_string(const char *name, UNICODE_STRING *string) {
    wchar_t text[300];
    size_t units = string->Length / 2 < 299 ? string->Length / 2 : 299;
    if (string->Buffer)
        memcpy(text, string->Buffer, 2 * units);
    text[units] = 0;
    WSTR(name, text);
}

static void show_name(const char *name, HANDLE handle) {
    memset(buffer, 0xcc, SIZE);
    NTSTATUS status = pNtQueryObject(handle, NameInformation, buffer, SIZE, NULL);
    if (status)
        HEX(name, status);
    else
        show_string(name, (UNICODE_STRING *)buffer);
}

static void handles(void) {
    HANDLE event, other = NULL;
    ULONG length = 77;
    BASIC basic;
    HEX("create", pNtCreateEvent(&event, EVENT_ALL_ACCESS, attributes(NULL, NULL, OBJ_INHERIT), 0, FALSE));
    HEX("basic", pNtQueryObject(event, BasicInformation, &basic, sizeof basic, &length));
    NUM("length", length);
    HEX("attributes", basic.Attributes);
    HEX("granted", basic.GrantedAccess);
    NUM("handles", basic.HandleCount);
    HEX("basic, short", pNtQueryObject(event, BasicInformation, &basic, sizeof basic - 1, &length));
    HEX("basic, nowhere", pNtQueryObject(event, BasicInformation, NULL, sizeof basic, NULL));
    HEX("unknown class", pNtQueryObject(event, 99, buffer, SIZE, NULL));
    HEX("no handle", pNtQueryObject(NULL, BasicInformation, &basic, sizeof basic, NULL));
    HEX("wrong handle", pNtQueryObject((HANDLE)0xdead0, BasicInformation, &basic, sizeof basic, NULL));

    unsigned char flags[4] = {9, 9, 9, 9};
    HEX("flags", pNtQueryObject(event, HandleFlagInformation, flags, 2, NULL));
    NUM("inherit", flags[0]);
    NUM("protect", flags[1]);
    HEX("flags, short", pNtQueryObject(event, HandleFlagInformation, flags, 1, NULL));
    flags[0] = 0;
    flags[1] = 1;
    HEX("set", pNtSetInformationObject(event, HandleFlagInformation, flags, 2));
    HEX("close", NtClose(event));
    DWORD win32 = 0;
    OK("GetHandleInformation", GetHandleInformation(event, &win32));
    HEX("its flags", win32);
    HEX("set, short", pNtSetInformationObject(event, HandleFlagInformation, flags, 1));
    HEX("set, other class", pNtSetInformationObject(event, BasicInformation, flags, 2));
    HEX("set, wrong handle", pNtSetInformationObject((HANDLE)0xdead0, HandleFlagInformation, flags, 2));
    HEX("set, nowhere", pNtSetInformationObject(event, HandleFlagInformation, (void *)16, 2));
    flags[1] = 0;
    HEX("unset", pNtSetInformationObject(event, HandleFlagInformation, flags, 2));

    HANDLE self = GetCurrentProcess();
    HEX("duplicate", pNtDuplicateObject(self, event, self, &other, EVENT_MODIFY_STATE, OBJ_INHERIT, 0));
    HEX("basic", pNtQueryObject(other, BasicInformation, &basic, sizeof basic, NULL));
    HEX("attributes", basic.Attributes);
    HEX("granted", basic.GrantedAccess);
    NUM("handles", basic.HandleCount);
    HEX("wait needs a right", WaitForSingleObject(other, 0));
    NUM("error", GetLastError());
    HEX("compare", pNtCompareObjects(event, other));
    HEX("close source", pNtDuplicateObject(self, other, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE));
    HEX("it is gone", NtClose(other));
    HEX("same access", pNtDuplicateObject(self, event, self, &other, 0, 0, DUPLICATE_SAME_ACCESS));
    HEX("basic", pNtQueryObject(other, BasicInformation, &basic, sizeof basic, NULL));
    HEX("granted", basic.GrantedAccess);
    HEX("generic", (NtClose(other), pNtDuplicateObject(self, event, self, &other, GENERIC_READ, 0, 0)));
    HEX("basic", pNtQueryObject(other, BasicInformation, &basic, sizeof basic, NULL));
    HEX("granted", basic.GrantedAccess);
    NtClose(other);
    HEX("no source", pNtDuplicateObject(self, (HANDLE)0xdead0, self, &other, 0, 0, 0));
    HEX("no process", pNtDuplicateObject((HANDLE)0xdead0, event, self, &other, 0, 0, 0));
    HEX("process of another type", pNtDuplicateObject(event, event, self, &other, 0, 0, 0));
    HEX("no target", pNtDuplicateObject(self, event, (HANDLE)0xdead0, &other, 0, 0, DUPLICATE_CLOSE_SOURCE));
    HEX("the source is gone", NtClose(event));

    pNtCreateMutant(&event, MUTANT_ALL_ACCESS, NULL, FALSE);
    pNtCreateMutant(&other, MUTANT_ALL_ACCESS, NULL, FALSE);
    HEX("others compare", pNtCompareObjects(event, other));
    HEX("compare with nothing", pNtCompareObjects(event, (HANDLE)0xdead0));
    HEX("self", pNtCompareObjects(self, self));
    HEX("temporary", pNtMakeTemporaryObject(event));
    HEX("temporary, wrong handle", pNtMakeTemporaryObject((HANDLE)0xdead0));
    NtClose(event);
    NtClose(other);
}

static void show_type(const char *name, HANDLE handle) {
    ULONG length;
    memset(buffer, 0, SIZE);
    NTSTATUS status = pNtQueryObject(handle, TypeInformation, buffer, SIZE, &length);
    if (status)
        HEX(name, status);
    else
        show_string(name, (UNICODE_STRING *)buffer);
}

static void types(void) {
    HANDLE handle;
    ULONG length = 0;
    wchar_t path[MAX_PATH];
    handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    show_type("event", handle);
    HEX("mapping, read", ((ULONG *)buffer)[17]);
    HEX("mapping, write", ((ULONG *)buffer)[18]);
    HEX("mapping, execute", ((ULONG *)buffer)[19]);
    HEX("mapping, all", ((ULONG *)buffer)[20]);
    HEX("valid", ((ULONG *)buffer)[21]);
    HEX("type, short", pNtQueryObject(handle, TypeInformation, buffer, 16, NULL));
    NtClose(handle);
    handle = CreateSemaphoreW(NULL, 1, 1, NULL);
    show_type("semaphore", handle);
    NtClose(handle);
    handle = CreateMutexW(NULL, FALSE, NULL);
    show_type("mutex", handle);
    NtClose(handle);
    handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, NULL);
    show_type("section", handle);
    NtClose(handle);
    handle = CreateWaitableTimerW(NULL, TRUE, NULL);
    show_type("timer", handle);
    NtClose(handle);
    handle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    show_type("completion port", handle);
    NtClose(handle);
    show_type("process", GetCurrentProcess());
    show_type("thread", GetCurrentThread());
    GetTempPathW(MAX_PATH, path);
    handle = CreateFileW(L"objects.tmp", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    show_type("file", handle);
    memset(buffer, 0, SIZE);
    HEX("file's name", pNtQueryObject(handle, NameInformation, buffer, SIZE, &length));
    UNICODE_STRING *name = (UNICODE_STRING *)buffer;
    NUM("is a device's", name->Length > 44 && !wcsncmp(name->Buffer, L"\\Device\\HarddiskVolume", 22));
    NUM("ends with its own", !wcscmp(name->Buffer + name->Length / 2 - 12, L"\\objects.tmp"));
    NtClose(handle);
}

static void names(void) {
    HANDLE event, other, directory, mutant;
    ULONG length = 0;
    HEX("create", pNtCreateEvent(&event, EVENT_ALL_ACCESS,
        attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", 0), 0, FALSE));
    show_name("name", event);
    HEX("create again", pNtCreateEvent(&other, EVENT_ALL_ACCESS,
        attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", 0), 0, FALSE));
    HEX("open or create", pNtCreateEvent(&other, EVENT_ALL_ACCESS,
        attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", OBJ_OPENIF), 0, FALSE));
    HEX("is the same", pNtCompareObjects(event, other));
    NtClose(other);
    HEX("another type", pNtCreateMutant(&mutant, MUTANT_ALL_ACCESS,
        attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", OBJ_OPENIF), FALSE));
    HEX("another type, new", pNtCreateMutant(&mutant, MUTANT_ALL_ACCESS,
        attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", 0), FALSE));
    HEX("open as another type", pNtOpenMutant(&mutant, MUTANT_ALL_ACCESS,
        attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", 0)));
    HEX("another case", pNtOpenEvent(&other, SYNCHRONIZE,
        attributes(NULL, L"\\BaseNamedObjects\\EXEUNT_objects", 0)));
    HEX("any case", pNtOpenEvent(&other, SYNCHRONIZE,
        attributes(NULL, L"\\BaseNamedObjects\\EXEUNT_objects", OBJ_CASE_INSENSITIVE)));
    NtClose(other);
    HEX("Win32", (other = OpenEventW(SYNCHRONIZE, FALSE, L"Global\\exeunt_objects")) ? pNtCompareObjects(event, other) : 1);
    NtClose(other);
    HEX("name, short", pNtQueryObject(event, NameInformation, buffer, 15, &length));
    NUM("needed", length);
    HEX("name, exact", pNtQueryObject(event, NameInformation, buffer, length, &length));
    HEX("not found", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"\\BaseNamedObjects\\exeunt_other", 0)));
    HEX("no directory", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"\\exeunt_none\\a", 0)));
    HEX("no backslash", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"BaseNamedObjects\\a", 0)));
    HEX("two backslashes", pNtCreateEvent(&other, SYNCHRONIZE, attributes(NULL, L"\\BaseNamedObjects\\\\a", 0), 0, 0));
    HEX("the root", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"\\", 0)));
    HEX("a directory", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"\\BaseNamedObjects", 0)));
    HEX("no attributes", pNtOpenEvent(&other, SYNCHRONIZE, NULL));
    HEX("no name", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, NULL, 0)));
    HEX("empty name", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"", 0)));
    OBJECT_ATTRIBUTES *wrong = attributes(NULL, L"\\BaseNamedObjects\\a", 0);
    wrong->Length--;
    HEX("wrong length", pNtOpenEvent(&other, SYNCHRONIZE, wrong));
    wrong = attributes(NULL, L"\\BaseNamedObjects\\a", 0);
    wrong->ObjectName->Length = 3;
    HEX("odd length", pNtOpenEvent(&other, SYNCHRONIZE, wrong));
    wrong = attributes(NULL, L"\\BaseNamedObjects\\a", 0x10000);
    HEX("wrong attributes", pNtOpenEvent(&other, SYNCHRONIZE, wrong));
    HEX("attributes nowhere", pNtOpenEvent(&other, SYNCHRONIZE, (void *)16));
    wrong = attributes(NULL, L"\\BaseNamedObjects\\a", 0);
    wrong->ObjectName = (void *)16;
    HEX("name nowhere", pNtOpenEvent(&other, SYNCHRONIZE, wrong));
    HEX("handle nowhere", pNtOpenEvent((void *)16, SYNCHRONIZE, attributes(NULL, L"\\BaseNamedObjects\\a", 0)));
    HEX("root of another type", pNtOpenEvent(&other, SYNCHRONIZE, attributes(event, L"a", 0)));
    HEX("root nowhere", pNtOpenEvent(&other, SYNCHRONIZE, attributes((HANDLE)0xdead0, L"a", 0)));

    HEX("directory", pNtOpenDirectoryObject(&directory, 3, attributes(NULL, L"\\BaseNamedObjects", 0)));
    show_name("its name", directory);
    HEX("from it", pNtOpenEvent(&other, SYNCHRONIZE, attributes(directory, L"exeunt_objects", 0)));
    HEX("is the same", pNtCompareObjects(event, other));
    NtClose(other);
    HEX("absolute from it", pNtOpenEvent(&other, SYNCHRONIZE,
        attributes(directory, L"\\BaseNamedObjects\\exeunt_objects", 0)));
    HEX("unnamed in it", pNtCreateEvent(&other, SYNCHRONIZE, attributes(directory, NULL, 0), 0, FALSE));
    NtClose(directory);
    NtClose(event);
    HEX("gone", pNtOpenEvent(&other, SYNCHRONIZE, attributes(NULL, L"\\BaseNamedObjects\\exeunt_objects", 0)));
    HEX("unnamed", pNtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE));
    HEX("its name", pNtQueryObject(event, NameInformation, buffer, SIZE, &length));
    NUM("length", length);
    NUM("is empty", ((UNICODE_STRING *)buffer)->Length);
    NtClose(event);
}

// A private directory: reached by its handle only.
static void directories(void) {
    HANDLE outer, inner, event, other;
    ULONG context = 0, length = 0;
    HEX("create", pNtCreateDirectoryObject(&outer, DIRECTORY_ALL_ACCESS, NULL));
    show_type("type", outer);
    HEX("inner", pNtCreateDirectoryObject(&inner, DIRECTORY_ALL_ACCESS, attributes(outer, L"inner", 0)));
    HEX("event", pNtCreateEvent(&event, EVENT_ALL_ACCESS, attributes(outer, L"inner\\event", 0), 0, TRUE));
    HEX("open", pNtOpenEvent(&other, SYNCHRONIZE, attributes(inner, L"event", 0)));
    HEX("is the same", pNtCompareObjects(event, other));
    NtClose(other);
    HEX("list", pNtQueryDirectoryObject(inner, buffer, SIZE, FALSE, TRUE, &context, &length));
    ENTRY *entry = (ENTRY *)buffer;
    show_string("name", &entry->Name);
    show_string("type name", &entry->TypeName);
    NUM("context", context);
    NUM("closed by zeros", entry[1].Name.Buffer == NULL && entry[1].Name.Length == 0);
    HEX("list on", pNtQueryDirectoryObject(inner, buffer, SIZE, FALSE, FALSE, &context, &length));
    HEX("single", pNtQueryDirectoryObject(outer, buffer, SIZE, TRUE, TRUE, &context, &length));
    show_string("name", &entry->Name);
    show_string("type name", &entry->TypeName);
    HEX("no room", pNtQueryDirectoryObject(outer, buffer, 40, TRUE, TRUE, &context, &length));
    HEX("list an event", pNtQueryDirectoryObject(event, buffer, SIZE, FALSE, TRUE, &context, &length));
    HEX("list no handle", pNtQueryDirectoryObject((HANDLE)0xdead0, buffer, SIZE, FALSE, TRUE, &context, &length));
    HEX("no context", pNtQueryDirectoryObject(inner, buffer, SIZE, FALSE, FALSE, NULL, &length));
    HEX("open no name", pNtOpenDirectoryObject(&other, 1, attributes(NULL, NULL, 0)));
    HEX("open an event", pNtOpenDirectoryObject(&other, 1, attributes(inner, L"event", 0)));
    HEX("root", pNtOpenDirectoryObject(&other, 1, attributes(NULL, L"\\", 0)));
    show_name("its name", other);
    NtClose(other);
    HEX("session", pNtOpenDirectoryObject(&other, 1, attributes(NULL, L"\\Sessions\\1\\BaseNamedObjects", 0)));
    NtClose(other);
    HEX("no right to list", pNtDuplicateObject(GetCurrentProcess(), inner, GetCurrentProcess(), &other, 2, 0, 0));
    HEX("list", pNtQueryDirectoryObject(other, buffer, SIZE, FALSE, TRUE, &context, &length));
    NtClose(other);
    NtClose(inner);
    HEX("inner is gone", pNtOpenDirectoryObject(&other, 1, attributes(outer, L"inner", 0)));
    HEX("and what was in it", pNtOpenEvent(&other, SYNCHRONIZE, attributes(outer, L"inner\\event", 0)));
    NtClose(event);
    NtClose(outer);
}

static void links(void) {
    HANDLE directory, link, other, event;
    ULONG length = 0;
    wchar_t text[100];
    wchar_t path[] = L"\\BaseNamedObjects";
    UNICODE_STRING target = {34, 34, path}, result = {0, sizeof text, text};
    pNtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, NULL);
    HEX("create", pNtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, attributes(directory, L"link", 0), &target));
    show_type("type", link);
    HEX("query", pNtQuerySymbolicLinkObject(link, &result, &length));
    show_string("target", &result);
    NUM("length", length);
    result.MaximumLength = 33;
    HEX("query, short", pNtQuerySymbolicLinkObject(link, &result, NULL));
    HEX("query, nowhere", pNtQuerySymbolicLinkObject(link, NULL, NULL));
    HEX("query, wrong handle", pNtQuerySymbolicLinkObject((HANDLE)0xdead0, &result, NULL));
    HEX("query a directory", pNtQuerySymbolicLinkObject(directory, &result, NULL));
    HEX("again", pNtCreateSymbolicLinkObject(&other, SYMBOLIC_LINK_ALL_ACCESS, attributes(directory, L"link", 0), &target));
    HEX("through it", pNtCreateEvent(&event, EVENT_ALL_ACCESS, attributes(directory, L"link\\exeunt_linked", 0), 0, 0));
    show_name("name", event);
    HEX("as a directory", pNtOpenDirectoryObject(&other, 1, attributes(directory, L"link", 0)));
    show_name("name", other);
    NtClose(other);
    HEX("itself", pNtOpenSymbolicLinkObject(&other, SYMBOLIC_LINK_QUERY, attributes(directory, L"link", 0)));
    HEX("is the same", pNtCompareObjects(link, other));
    NtClose(other);
    HEX("open a directory", pNtOpenSymbolicLinkObject(&other, 1, attributes(NULL, L"\\BaseNamedObjects", 0)));
    HEX("not found", pNtOpenSymbolicLinkObject(&other, 1, attributes(directory, L"none", 0)));
    target.Length = 0;
    HEX("empty target", pNtCreateSymbolicLinkObject(&other, SYMBOLIC_LINK_ALL_ACCESS, attributes(directory, L"e", 0), &target));
    HEX("no target", pNtCreateSymbolicLinkObject(&other, SYMBOLIC_LINK_ALL_ACCESS, attributes(directory, L"n", 0), NULL));
    NtClose(link);
    HEX("gone", pNtOpenSymbolicLinkObject(&other, 1, attributes(directory, L"link", 0)));
    NtClose(event);
    NtClose(directory);

    HEX("Local", pNtOpenSymbolicLinkObject(&link, 1, attributes(NULL, L"\\BaseNamedObjects\\Local", 0)));
    NtClose(link);
    HEX("Global", pNtOpenSymbolicLinkObject(&link, 1, attributes(NULL, L"\\Sessions\\1\\BaseNamedObjects\\Global", 0)));
    result.MaximumLength = sizeof text;
    HEX("query", pNtQuerySymbolicLinkObject(link, &result, NULL));
    show_string("target", &result);
    NtClose(link);
    HEX("a drive", pNtOpenSymbolicLinkObject(&link, 1, attributes(NULL, L"\\??\\C:", 0)));
    HEX("query", pNtQuerySymbolicLinkObject(link, &result, NULL));
    NUM("is a volume", !wcsncmp(text, L"\\Device\\HarddiskVolume", 22));
    wchar_t dos[200];
    DWORD count = QueryDosDeviceW(L"C:", dos, 200);
    NUM("QueryDosDevice", count == result.Length / 2u + 2 && !wcsncmp(dos, text, result.Length / 2));
    NtClose(link);
    char narrow[200];
    NUM("QueryDosDeviceA", QueryDosDeviceA("C:", narrow, 200) == count);
    OK("no such device", QueryDosDeviceW(L"Q:", dos, 200));
    OK("no room", QueryDosDeviceW(L"C:", dos, 3));
    NUM("all", QueryDosDeviceW(NULL, (wchar_t *)buffer, SIZE / 2) > 4);
}

int main(int argc, char **argv) {
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
#define FIND(name, types) if (!(p##name = (name##_t)(void *)GetProcAddress(ntdll, #name))) printf("missing " #name "\n");
    FUNCTIONS(FIND)
    const char *part = argc > 1 ? argv[1] : "";
    if (!strcmp(part, "handles"))
        handles();
    else if (!strcmp(part, "types"))
        types();
    else if (!strcmp(part, "names"))
        names();
    else if (!strcmp(part, "directories"))
        directories();
    else if (!strcmp(part, "links"))
        links();
    return 0;
}
