// ntdll's services for files: listing folders, what is known of files and volumes, changing files, locks, control codes.
#include "check.h"
#include <winternl.h>
#include <winioctl.h>
#include <string.h>

#define BAD ((HANDLE)0xbad0)
#define SYNC FILE_SYNCHRONOUS_IO_NONALERT
#define ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

NTSYSAPI NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, LARGE_INTEGER *, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, const void *, ULONG, LARGE_INTEGER *, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, FILE_INFORMATION_CLASS, BOOLEAN, UNICODE_STRING *, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationFile(HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, FILE_INFORMATION_CLASS);
NTSYSAPI NTSTATUS NTAPI NtSetInformationFile(HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, FILE_INFORMATION_CLASS);
NTSYSAPI NTSTATUS NTAPI NtLockFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, LARGE_INTEGER *, LARGE_INTEGER *, ULONG, BOOLEAN, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtUnlockFile(HANDLE, IO_STATUS_BLOCK *, LARGE_INTEGER *, LARGE_INTEGER *, ULONG);
NTSYSAPI NTSTATUS NTAPI NtCancelIoFile(HANDLE, IO_STATUS_BLOCK *);
NTSYSAPI NTSTATUS NTAPI NtCancelIoFileEx(HANDLE, IO_STATUS_BLOCK *, IO_STATUS_BLOCK *);
NTSYSAPI NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, IO_STATUS_BLOCK *);

static UNICODE_STRING name_string;
static OBJECT_ATTRIBUTES attributes;
static IO_STATUS_BLOCK block;
static HANDLE folder;
static union {
    BYTE bytes[4096];
    ULONGLONG aligned;
} buffer;

static OBJECT_ATTRIBUTES *in(HANDLE root, const wchar_t *name) {
    RtlInitUnicodeString(&name_string, name);
    InitializeObjectAttributes(&attributes, &name_string, OBJ_CASE_INSENSITIVE, root, NULL);
    return &attributes;
}

static HANDLE make(const wchar_t *name, ULONG access, ULONG options) {
    HANDLE file = NULL;
    NTSTATUS status = NtCreateFile(&file, access | SYNCHRONIZE, in(folder, name), &block, NULL, FILE_ATTRIBUTE_NORMAL, ALL, FILE_OPEN_IF, options, NULL, 0);
    if (status)
        printf("make: 0x%lx\n", status);
    return file;
}

// The names in a listing, and whether each entry leads to the next by a multiple of 8.
static void names(const char *what, size_t length_at, size_t name_at) {
    BYTE *entry = buffer.bytes;
    int count = 0, odd = 0;
    for (;;) {
        ULONG next = *(ULONG *)entry, length = *(ULONG *)(entry + length_at);
        wchar_t name[64] = L"";
        memcpy(name, entry + name_at, length);
        printf("%s %d: %ls\n", what, ++count, name);
        odd |= next & 7;
        if (!next)
            break;
        entry += next;
    }
    printf("%s odd: %d\n", what, odd);
}

static NTSTATUS list(HANDLE from, ULONG size, int class, BOOLEAN single, const wchar_t *pattern, BOOLEAN restart) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, pattern);
    memset(&buffer, 0x55, sizeof buffer);
    memset(&block, 0x55, sizeof block);
    return NtQueryDirectoryFile(from, NULL, NULL, NULL, &block, &buffer, size, class, single, pattern ? &text : NULL, restart);
}

static HANDLE again(void) {
    HANDLE same = NULL;
    NtOpenFile(&same, FILE_LIST_DIRECTORY | SYNCHRONIZE, in(folder, L""), &block, ALL, FILE_DIRECTORY_FILE | SYNC);
    return same;
}

static void listings(void) {
    HANDLE dir = again();
    static const struct {
        int class;
        const char *name;
        size_t length_at, name_at;
        ULONG least;
    } classes[] = {
        {1, "directory", 60, 64, 72}, {2, "full", 60, 68, 72}, {3, "both", 60, 94, 96}, {12, "names", 8, 12, 16}, {37, "id both", 60, 104, 112}, {38, "id full", 60, 80, 88},
    };
    for (int i = 0; i < 6; i++) {
        HEX(classes[i].name, list(dir, sizeof buffer, classes[i].class, FALSE, NULL, TRUE));
        names(classes[i].name, classes[i].length_at, classes[i].name_at);
        HEX("one byte less than least", list(dir, classes[i].least - 1, classes[i].class, FALSE, NULL, TRUE));
        HEX("end", list(dir, sizeof buffer, classes[i].class, FALSE, NULL, FALSE));
    }
    HEX("single", list(dir, sizeof buffer, 1, TRUE, NULL, TRUE));
    names("single", 60, 64);
    NUM("bytes", block.Information);
    HEX("the next single", list(dir, sizeof buffer, 1, TRUE, NULL, FALSE));
    names("next", 60, 64);
    HEX("room for two", list(dir, 72 + 66 + 4, 1, FALSE, NULL, TRUE));
    names("two", 60, 64);
    HEX("then the others", list(dir, sizeof buffer, 1, FALSE, NULL, FALSE));
    names("others", 60, 64);
    HEX("a wrong class", list(dir, sizeof buffer, 4, FALSE, NULL, TRUE));
    HEX("no handle", list(BAD, sizeof buffer, 1, FALSE, NULL, TRUE));
    NtClose(dir);

    dir = again();
    HEX("a pattern", list(dir, sizeof buffer, 12, FALSE, L"*.TXT", TRUE));
    names("pattern", 8, 12);
    HEX("restarted without one", list(dir, sizeof buffer, 12, FALSE, NULL, TRUE));
    names("again", 8, 12);
    NtClose(dir);

    dir = again();
    HEX("one name", list(dir, sizeof buffer, 12, FALSE, L"BETA.txt", FALSE));
    names("one name", 8, 12);
    HEX("no more", list(dir, sizeof buffer, 12, FALSE, NULL, FALSE));
    NtClose(dir);

    dir = again();
    HEX("nothing matches", list(dir, sizeof buffer, 12, FALSE, L"zzz*", FALSE));
    HEX("nothing again", list(dir, sizeof buffer, 12, FALSE, NULL, FALSE));
    NtClose(dir);

    dir = again();
    HEX("a name that does not fit", list(dir, 72, 1, TRUE, L"a rather long name.txt", FALSE));
    NUM("its length", *(ULONG *)(buffer.bytes + 60));
    NUM("what there is of it", !memcmp(buffer.bytes + 64, L"a ra", 8));
    NUM("bytes", block.Information);
    NtClose(dir);

    HANDLE file = make(L"alpha.txt", GENERIC_READ, SYNC);
    HEX("list a file", list(file, sizeof buffer, 1, FALSE, NULL, TRUE));
    NtClose(file);
    NtOpenFile(&dir, FILE_READ_ATTRIBUTES | SYNCHRONIZE, in(folder, L""), &block, ALL, FILE_DIRECTORY_FILE | SYNC);
    HEX("list without the right", list(dir, sizeof buffer, 1, FALSE, NULL, TRUE));
    NtClose(dir);
    dir = again();
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HEX("with an event", NtQueryDirectoryFile(dir, event, NULL, NULL, &block, &buffer, sizeof buffer, 1, TRUE, NULL, TRUE));
    NUM("it is set", WaitForSingleObject(event, 0));
    CloseHandle(event);
    NtClose(dir);
}

static NTSTATUS query(HANDLE file, int class, ULONG size) {
    memset(&buffer, 0, sizeof buffer);
    memset(&block, 0, sizeof block);
    return NtQueryInformationFile(file, &block, &buffer, size, class);
}

static LONGLONG number(size_t at) {
    return *(LONGLONG *)(buffer.bytes + at);
}

static void information(void) {
    HANDLE file = make(L"beta.txt", GENERIC_READ | GENERIC_WRITE | DELETE, SYNC);
    NtWriteFile(file, NULL, NULL, NULL, &block, "twelve bytes", 12, NULL, NULL);
    HEX("basic", query(file, 4, 40));
    NUM("attributes", *(ULONG *)(buffer.bytes + 32) & ~FILE_ATTRIBUTE_NORMAL);
    NUM("bytes", block.Information);
    HEX("basic, a byte short", query(file, 4, 39));
    HEX("standard", query(file, 5, 24));
    BIG("size", number(8));
    NUM("links", *(ULONG *)(buffer.bytes + 16));
    NUM("delete pending", buffer.bytes[20]);
    HEX("internal", query(file, 6, 8));
    LONGLONG id = number(0);
    HEX("extended attributes", query(file, 7, 4));
    HEX("access", query(file, 8, 4));
    HEX("granted", *(ULONG *)buffer.bytes);
    HEX("position", query(file, 14, 8));
    BIG("at", number(0));
    HEX("mode", query(file, 16, 4));
    NUM("mode is", *(ULONG *)buffer.bytes);
    HEX("alignment", query(file, 17, 4));
    HEX("all", query(file, 18, sizeof buffer));
    NUM("same number", number(64) == id);
    BIG("position in all", number(80));
    ULONG length = *(ULONG *)(buffer.bytes + 96);
    NUM("bytes", block.Information == 100 + length);
    HEX("all but the name", query(file, 18, 104));
    NUM("its length", *(ULONG *)(buffer.bytes + 96) == length);
    HEX("name", query(file, 9, sizeof buffer));
    length = *(ULONG *)buffer.bytes;
    NUM("ends well", !memcmp(buffer.bytes + 4 + length - 18, L"\\beta.txt", 18));
    HEX("name in a buffer too small", query(file, 9, 12));
    NUM("its length", *(ULONG *)buffer.bytes == length);
    HEX("network open", query(file, 34, 56));
    BIG("size", number(40));
    HEX("tag", query(file, 35, 8));
    HEX("number", query(file, 59, 24));
    NUM("the same", number(8) == id);
    HEX("no class", query(file, 0, 40));
    HEX("another", query(file, 999, 40));
    HEX("no handle", query(BAD, 4, 40));
    NtClose(file);

    file = make(L"beta.txt", FILE_READ_DATA, SYNC);
    HEX("basic without the right", query(file, 4, 40));
    HEX("standard without it", query(file, 5, 24));
    NtClose(file);
}

static NTSTATUS set(HANDLE file, int class, const void *value, ULONG size) {
    memset(&block, 0, sizeof block);
    return NtSetInformationFile(file, &block, (void *)value, size, class);
}

typedef struct {
    ULONG flags;
    HANDLE root;
    ULONG length;
    wchar_t name[40];
} NEW_NAME;

static NTSTATUS rename_to(HANDLE file, int class, ULONG flags, HANDLE root, const wchar_t *name) {
    NEW_NAME wanted = {flags, root, 2 * wcslen(name), L""};
    wcscpy(wanted.name, name);
    return set(file, class, &wanted, 20 + wanted.length < 24 ? 24 : 20 + wanted.length);
}

static void changes(void) {
    HANDLE file = make(L"gamma.txt", GENERIC_READ | GENERIC_WRITE | DELETE, SYNC);
    LONGLONG value = 10000;
    HEX("set the end", set(file, 20, &value, 8));
    value = -1;
    HEX("a negative end", set(file, 20, &value, 8));
    HEX("an end that is too short", set(file, 20, &value, 7));
    value = 5000;
    HEX("set the position", set(file, 14, &value, 8));
    query(file, 14, 8);
    BIG("at", number(0));
    value = -5;
    HEX("a negative position", set(file, 14, &value, 8));
    value = 100;
    HEX("allocate less", set(file, 19, &value, 8));
    query(file, 5, 24);
    BIG("size", number(8));
    LONGLONG basic[5] = {0, 0, 0x1d0000000000000, 0, 0};
    HEX("set a time", set(file, 4, basic, 40));
    query(file, 4, 40);
    NUM("set", number(16) == basic[2]);
    NUM("the others stay", number(8) != basic[2]);
    *(ULONG *)&basic[4] = FILE_ATTRIBUTE_READONLY;
    basic[2] = 0;
    HEX("make it read-only", set(file, 4, basic, 40));
    query(file, 4, 40);
    NUM("read-only", buffer.bytes[32] & FILE_ATTRIBUTE_READONLY);
    BYTE yes = 1, no = 0;
    HEX("delete what is read-only", set(file, 13, &yes, 1));
    *(ULONG *)&basic[4] = FILE_ATTRIBUTE_NORMAL;
    HEX("make it normal", set(file, 4, basic, 40));
    HEX("basic, a byte short", set(file, 4, basic, 39));
    HEX("delete", set(file, 13, &yes, 1));
    query(file, 5, 24);
    NUM("pending", buffer.bytes[20]);
    HANDLE other = NULL;
    HEX("open it meanwhile", NtOpenFile(&other, GENERIC_READ | SYNCHRONIZE, in(folder, L"gamma.txt"), &block, ALL, SYNC));
    HEX("do not delete", set(file, 13, &no, 1));
    HEX("a disposition without bytes", set(file, 13, &no, 0));

    HEX("rename in a folder", rename_to(file, 10, 0, folder, L"delta.txt"));
    HEX("rename onto another", rename_to(file, 10, 0, folder, L"beta.txt"));
    HEX("rename to nothing", rename_to(file, 10, 0, folder, L""));
    HEX("rename in its own folder", rename_to(file, 10, 0, NULL, L"epsilon.txt"));
    HEX("replace", rename_to(file, 10, 1, folder, L"alpha.txt"));
    query(file, 9, sizeof buffer);
    ULONG length = *(ULONG *)buffer.bytes;
    NUM("its name", !memcmp(buffer.bytes + 4 + length - 20, L"\\alpha.txt", 20));
    HEX("link", rename_to(file, 11, 0, folder, L"linked.txt"));
    query(file, 5, 24);
    NUM("links", *(ULONG *)(buffer.bytes + 16));
    HEX("link again", rename_to(file, 11, 0, folder, L"linked.txt"));
    HEX("a class for asking", set(file, 5, buffer.bytes, 24));
    HEX("no class", set(file, 0, buffer.bytes, 24));
    HEX("no handle", set(BAD, 20, &value, 8));
    NtClose(file);

    file = make(L"alpha.txt", GENERIC_READ, SYNC);
    HEX("the end without the right", set(file, 20, &value, 8));
    HEX("delete without the right", set(file, 13, &yes, 1));
    HEX("rename without the right", rename_to(file, 10, 0, folder, L"x"));
    NtClose(file);
}

static void completion(void) {
    HANDLE file = make(L"overlapped", GENERIC_READ | GENERIC_WRITE | DELETE, 0);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), plain = make(L"beta.txt", GENERIC_READ, SYNC);
    struct {
        HANDLE port;
        void *key;
    } told = {port, (void *)77};
    HEX("a port for what waits", set(plain, 30, &told, 16));
    HEX("a port", set(file, 30, &told, 16));
    HEX("a second port", set(file, 30, &told, 16));
    LARGE_INTEGER at = {.QuadPart = 0};
    NTSTATUS status = NtWriteFile(file, NULL, NULL, (void *)88, &block, "told", 4, &at, NULL);
    NUM("written", status == 0 || status == 0x103);
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED *context = NULL;
    OK("a packet", GetQueuedCompletionStatus(port, &bytes, &key, &context, 5000));
    NUM("bytes", bytes);
    NUM("key", key);
    NUM("context", (ULONG_PTR)context);
    HEX("no position", NtReadFile(file, NULL, NULL, NULL, &block, buffer.bytes, 4, NULL, NULL));
    NtClose(plain);
    NtClose(file);
    CloseHandle(port);
}

static void volumes(void) {
    struct {
        ULONG class, least;
        const char *name;
    } classes[] = {{1, 24, "volume"}, {3, 24, "size"}, {4, 8, "device"}, {5, 16, "attributes"}, {7, 32, "full size"}};
    for (int i = 0; i < 5; i++) {
        HEX(classes[i].name, NtQueryVolumeInformationFile(folder, &block, &buffer, sizeof buffer, classes[i].class));
        NUM("bytes enough", block.Information >= 8);
        HEX("a byte short", NtQueryVolumeInformationFile(folder, &block, &buffer, classes[i].least - 1, classes[i].class));
    }
    NtQueryVolumeInformationFile(folder, &block, &buffer, sizeof buffer, 4);
    NUM("a disk", *(ULONG *)buffer.bytes);
    NtQueryVolumeInformationFile(folder, &block, &buffer, sizeof buffer, 3);
    NUM("there is space", number(0) > 0 && number(8) <= number(0));
    NUM("sectors", *(ULONG *)(buffer.bytes + 20));
    HANDLE null = CreateFileW(L"NUL", GENERIC_READ, ALL, NULL, OPEN_EXISTING, 0, NULL), read, write;
    NtQueryVolumeInformationFile(null, &block, &buffer, sizeof buffer, 4);
    NUM("the null device", *(ULONG *)buffer.bytes);
    CreatePipe(&read, &write, NULL, 0);
    NtQueryVolumeInformationFile(read, &block, &buffer, sizeof buffer, 4);
    NUM("a pipe", *(ULONG *)buffer.bytes);
    DWORD done;
    WriteFile(write, "five!", 5, &done, NULL);
    HEX("the pipe's state", query(read, 24, 40));
    NUM("can be read", *(ULONG *)(buffer.bytes + 20));
    HEX("peek", NtFsControlFile(read, NULL, NULL, NULL, &block, 0x11400c, NULL, 0, &buffer, 16 + 5));
    NUM("available", *(ULONG *)(buffer.bytes + 4));
    NUM("the text", !memcmp(buffer.bytes + 16, "five!", 5));
    HEX("peek with less than nothing", NtFsControlFile(read, NULL, NULL, NULL, &block, 0x11400c, NULL, 0, &buffer, 8));
    CloseHandle(null);
    CloseHandle(read);
    CloseHandle(write);
    HEX("no class", NtQueryVolumeInformationFile(folder, &block, &buffer, sizeof buffer, 99));
    HEX("no handle", NtQueryVolumeInformationFile(BAD, &block, &buffer, sizeof buffer, 4));
}

static void locks(void) {
    HANDLE one = make(L"beta.txt", GENERIC_READ | GENERIC_WRITE, SYNC), two = make(L"beta.txt", GENERIC_READ | GENERIC_WRITE, SYNC);
    LARGE_INTEGER at = {.QuadPart = 0}, length = {.QuadPart = 6};
    HEX("lock", NtLockFile(one, NULL, NULL, NULL, &block, &at, &length, 0, TRUE, TRUE));
    HEX("lock what is locked", NtLockFile(two, NULL, NULL, NULL, &block, &at, &length, 0, TRUE, FALSE));
    HEX("read what is locked", NtReadFile(two, NULL, NULL, NULL, &block, buffer.bytes, 4, &at, NULL));
    HEX("unlock another's", NtUnlockFile(two, &block, &at, &length, 0));
    HEX("unlock", NtUnlockFile(one, &block, &at, &length, 0));
    HEX("unlock again", NtUnlockFile(one, &block, &at, &length, 0));
    HEX("share", NtLockFile(one, NULL, NULL, NULL, &block, &at, &length, 0, TRUE, FALSE));
    HEX("share, too", NtLockFile(two, NULL, NULL, NULL, &block, &at, &length, 0, TRUE, FALSE));
    NtClose(two);
    HEX("no handle", NtLockFile(BAD, NULL, NULL, NULL, &block, &at, &length, 0, TRUE, FALSE));
    HEX("cancel", NtCancelIoFile(one, &block));
    HEX("cancel nothing", NtCancelIoFileEx(one, NULL, &block));
    HEX("cancel on no file", NtCancelIoFile(BAD, &block));
    HEX("an unknown control code", NtFsControlFile(one, NULL, NULL, NULL, &block, 0x90ffc, NULL, 0, NULL, 0));
    HEX("no link", NtFsControlFile(one, NULL, NULL, NULL, &block, FSCTL_GET_REPARSE_POINT, NULL, 0, &buffer, sizeof buffer));
    NtClose(one);
}

static void zeros(void) {
    HANDLE file = make(L"holes", GENERIC_READ | GENERIC_WRITE, SYNC);
    static char data[65536 * 3];
    memset(data, 'x', sizeof data);
    NtWriteFile(file, NULL, NULL, NULL, &block, data, sizeof data, NULL, NULL);
    DWORD done;
    OK("sparse", DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &done, NULL));
    LONGLONG range[2] = {65536, 2 * 65536};
    OK("zeros", DeviceIoControl(file, FSCTL_SET_ZERO_DATA, range, sizeof range, NULL, 0, &done, NULL));
    LARGE_INTEGER at = {.QuadPart = 65535};
    NtReadFile(file, NULL, NULL, NULL, &block, data, 4, &at, NULL);
    NUM("what is before stays", data[0]);
    NUM("zero", data[1]);
    query(file, 5, 24);
    BIG("the size stays", number(8));
    LONGLONG all[2] = {0, 3 * 65536}, ranges[4][2];
    OK("allocated ranges", DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, all, sizeof all, ranges, sizeof ranges, &done, NULL));
    NUM("bytes of answer", done);
    BIG("the first ends", ranges[0][0] + ranges[0][1]);
    BIG("the second begins", ranges[1][0]);
    NtClose(file);
}

int main(void) {
    wchar_t here[MAX_PATH], path[MAX_PATH + 16];
    GetCurrentDirectoryW(MAX_PATH, here);
    wsprintfW(path, L"\\??\\%s\\folder", here);
    HEX("make a folder", NtCreateFile(&folder, FILE_LIST_DIRECTORY | FILE_TRAVERSE | SYNCHRONIZE, in(NULL, path), &block, NULL, 0, ALL, FILE_CREATE, FILE_DIRECTORY_FILE | SYNC, NULL, 0));
    NtClose(make(L"beta.txt", GENERIC_WRITE, SYNC));
    NtClose(make(L"alpha.txt", GENERIC_WRITE, SYNC));
    NtClose(make(L"a rather long name.txt", GENERIC_WRITE, SYNC));
    NtClose(make(L"sub", FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE | SYNC));
    listings();
    information();
    changes();
    completion();
    volumes();
    locks();
    zeros();
    return 0;
}
