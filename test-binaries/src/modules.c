// Finds a function as shell code does: the PEB's loader lists, then kernel32's export directory, by hand.
#include "check.h"
#include <string.h>

typedef struct {
    LIST_ENTRY load, memory, init;
    char *base;
    void *entry;
    ULONG size;
    struct { USHORT length, maximum; wchar_t *buffer; } full, name;
} ENTRY;

static LIST_ENTRY *list_head(int which) {
    char *peb = (char *)__readgsqword(0x60);
    char *ldr = *(char **)(peb + 0x18);
    return (LIST_ENTRY *)(ldr + 0x10 + 0x10 * which);
}

static ENTRY *entry_of(LIST_ENTRY *link, int which) {
    return (ENTRY *)(void *)((char *)link - 0x10 * which);
}

static int is_named(const ENTRY *e, const char *name) {
    for (int i = 0; i < e->name.length / 2; i++, name++) {
        wchar_t c = e->name.buffer[i];
        if (c >= 'A' && c <= 'Z')
            c += 32;
        if (c != (unsigned char)*name)
            return 0;
    }
    return !*name;
}

static IMAGE_NT_HEADERS64 *headers(char *base) {
    IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)(void *)base;
    return dos->e_magic == IMAGE_DOS_SIGNATURE ? (IMAGE_NT_HEADERS64 *)(void *)(base + dos->e_lfanew) : NULL;
}

static char *export_named(char *base, const char *name, int *sorted, DWORD *names) {
    IMAGE_DATA_DIRECTORY dir = headers(base)->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    IMAGE_EXPORT_DIRECTORY *exports = (IMAGE_EXPORT_DIRECTORY *)(void *)(base + dir.VirtualAddress);
    DWORD *name_rvas = (DWORD *)(void *)(base + exports->AddressOfNames);
    WORD *ordinals = (WORD *)(void *)(base + exports->AddressOfNameOrdinals);
    DWORD *functions = (DWORD *)(void *)(base + exports->AddressOfFunctions);
    char *found = NULL;
    *sorted = 1;
    *names = exports->NumberOfNames;
    for (DWORD i = 0; i < exports->NumberOfNames; i++) {
        if (i && strcmp(base + name_rvas[i - 1], base + name_rvas[i]) >= 0)
            *sorted = 0;
        if (!strcmp(base + name_rvas[i], name) && ordinals[i] < exports->NumberOfFunctions)
            found = base + functions[ordinals[i]];
    }
    return found;
}

int main(void) {
    static const char *const lists[] = {"load order", "memory order", "initialization order"};
    int counts[3] = {0}, good = 1, linked = 1;
    ENTRY *kernel32 = NULL;
    for (int which = 0; which < 3; which++) {
        LIST_ENTRY *head = list_head(which);
        for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
            ENTRY *e = entry_of(link, which);
            IMAGE_NT_HEADERS64 *nt = headers(e->base);
            good &= nt && nt->Signature == IMAGE_NT_SIGNATURE && nt->OptionalHeader.SizeOfImage == e->size;
            linked &= link->Flink->Blink == link && link->Blink->Flink == link;
            counts[which]++;
            if (is_named(e, "kernel32.dll"))
                kernel32 = e;
        }
        printf("%s: more than two modules: %d\n", lists[which], counts[which] > 2);
    }
    NUM("every module has headers that agree", good);
    NUM("links run both ways", linked);
    NUM("memory order lists as many as load order", counts[0] == counts[1]);
    NUM("initialization order leaves out the program", counts[2] == counts[0] - 1);
    ENTRY *first = entry_of(list_head(0)->Flink, 0);
    NUM("the program comes first", is_named(first, "modules.exe"));
    NUM("its base is the image base in the PEB", first->base == *(char **)(__readgsqword(0x60) + 0x10));
    NUM("then ntdll", is_named(entry_of(list_head(0)->Flink->Flink, 0), "ntdll.dll"));
    NUM("kernel32 found", kernel32 != NULL);
    if (!kernel32)
        return 1;
    NUM("same as GetModuleHandle", (HMODULE)(void *)kernel32->base == GetModuleHandleA("kernel32"));
    NUM("is a DLL", (headers(kernel32->base)->FileHeader.Characteristics & IMAGE_FILE_DLL) != 0);
    NUM("full name ends in the base name",
        kernel32->full.length >= kernel32->name.length &&
            !memcmp((char *)kernel32->full.buffer + kernel32->full.length - kernel32->name.length, kernel32->name.buffer, kernel32->name.length));
    int sorted;
    DWORD names;
    char *function = export_named(kernel32->base, "GetTickCount", &sorted, &names);
    NUM("names are sorted", sorted);
    NUM("GetTickCount found", function != NULL);
    NUM("same as GetProcAddress", (char *)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "GetTickCount") == function);
    NUM("missing name not found", export_named(kernel32->base, "ExeuntNoSuchFunction", &sorted, &names) == NULL);
    DWORD by_hand = ((DWORD(WINAPI *)(void))(void *)function)();
    NUM("called by hand it agrees", GetTickCount() - by_hand < 1000);
    return 0;
}
