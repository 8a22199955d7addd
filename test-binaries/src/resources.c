// Resources: by number, name, type and language; strings; the version block read by hand.
#include "check.h"
#include <string.h>
#include <wchar.h>

static const char *load(const char *name, HRSRC found) {
    DWORD error = GetLastError();
    if (!found) {
        printf("%s: error %lu\n", name, error);
        return NULL;
    }
    const char *data = LockResource(LoadResource(NULL, found));
    printf("%s: %lu bytes\n", name, SizeofResource(NULL, found));
    return data;
}

static BOOL CALLBACK each_name(HMODULE module, LPCSTR type, LPSTR name, LONG_PTR parameter) {
    (void)module, (void)type;
    if (IS_INTRESOURCE(name))
        printf("name: %d\n", (int)(ULONG_PTR)name);
    else
        printf("name: %s\n", name);
    ++*(int *)parameter;
    return TRUE;
}

static BOOL CALLBACK each_language(HMODULE module, LPCSTR type, LPCSTR name, WORD language, LONG_PTR parameter) {
    (void)module, (void)type, (void)name;
    printf("language: %x\n", language);
    ++*(int *)parameter;
    return TRUE;
}

static void string(UINT id) {
    wchar_t text[64] = L"untouched";
    int n = LoadStringW(NULL, id, text, 64);
    printf("string %u: %d ", id, n);
    WSTR("text", n ? text : L"");
}

// A version block's child: length, value length, type, key, padding, value.
static void version(const WORD *block) {
    WSTR("key", (const wchar_t *)(block + 3));
    VS_FIXEDFILEINFO *fixed = (VS_FIXEDFILEINFO *)(void *)((char *)block + 40);
    NUM("value length", block[1]);
    HEX("signature", fixed->dwSignature);
    printf("file version: %lu.%lu.%lu.%lu\n", fixed->dwFileVersionMS >> 16, fixed->dwFileVersionMS & 0xffff, fixed->dwFileVersionLS >> 16,
           fixed->dwFileVersionLS & 0xffff);
    printf("product version: %lx %lx\n", fixed->dwProductVersionMS, fixed->dwProductVersionLS);
}

int main(void) {
    const char *data = load("RCDATA 100", FindResourceA(NULL, MAKEINTRESOURCEA(100), (LPCSTR)RT_RCDATA));
    STR("data", data);
    NUM("word behind it", *(const WORD *)(const void *)(data + 9) == 0x1234);
    data = load("by number in text", FindResourceA(NULL, "#100", (LPCSTR)RT_RCDATA));
    STR("data", data);
    data = load("in German", FindResourceExA(NULL, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(100), MAKELANGID(LANG_GERMAN, SUBLANG_GERMAN)));
    STR("data", data);
    data = load("by name", FindResourceA(NULL, "named", (LPCSTR)RT_RCDATA));
    printf("data: %.7s\n", data);
    data = load("own type", FindResourceW(NULL, MAKEINTRESOURCEW(7), L"Custom"));
    printf("data: %.8s\n", data);
    load("missing type", FindResourceA(NULL, MAKEINTRESOURCEA(1), "NONE"));
    load("missing number", FindResourceA(NULL, MAKEINTRESOURCEA(999), (LPCSTR)RT_RCDATA));
    load("missing name", FindResourceA(NULL, "NONE", (LPCSTR)RT_RCDATA));
    load("missing language", FindResourceExA(NULL, "CUSTOM", MAKEINTRESOURCEA(7), MAKELANGID(LANG_FRENCH, SUBLANG_FRENCH)));
    int count = 0;
    OK("EnumResourceNames", EnumResourceNamesA(NULL, (LPCSTR)RT_RCDATA, each_name, (LONG_PTR)&count));
    OK("EnumResourceLanguages", EnumResourceLanguagesA(NULL, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(100), each_language, (LONG_PTR)&count));
    NUM("listed", count);

    string(1);
    string(2);
    string(17);
    string(1000);
    string(3);
    string(500);
    char narrow[32];
    NUM("LoadStringA", LoadStringA(NULL, 2, narrow, sizeof narrow));
    STR("text", narrow);
    wchar_t small[4];
    NUM("LoadStringW too small", LoadStringW(NULL, 1, small, 4));
    WSTR("cut", small);
    const wchar_t *direct = NULL;
    NUM("LoadStringW in place", LoadStringW(NULL, 1, (LPWSTR)&direct, 0));
    NUM("is the resource", direct && !wcsncmp(direct, L"first", 5));

    data = load("version", FindResourceA(NULL, MAKEINTRESOURCEA(VS_VERSION_INFO), (LPCSTR)RT_VERSION));
    version((const WORD *)(const void *)data);
    load("string table block", FindResourceA(NULL, MAKEINTRESOURCEA(2), (LPCSTR)RT_STRING));
    return 0;
}
