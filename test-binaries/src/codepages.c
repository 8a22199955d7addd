// MultiByteToWideChar and WideCharToMultiByte: code pages, flags, invalid input, sizes.
#include "check.h"
#include <string.h>

static void to_wide(const char *name, UINT cp, DWORD flags, const char *text, int size) {
    WCHAR out[64];
    SetLastError(0);
    int n = MultiByteToWideChar(cp, flags, text, size, out, 64);
    printf("%s: %d error %lu:", name, n, n ? 0 : GetLastError());
    for (int i = 0; i < n; i++)
        printf(" %04x", out[i]);
    printf("\n");
}

static void to_narrow(const char *name, UINT cp, DWORD flags, const WCHAR *text, int size, const char *fallback) {
    char out[64];
    BOOL used = 7;
    int plain = cp == CP_UTF8 || cp == CP_UTF7;
    SetLastError(0);
    int n = WideCharToMultiByte(cp, flags, text, size, out, 64, fallback, plain ? NULL : &used);
    printf("%s: %d error %lu used %d:", name, n, n ? 0 : GetLastError(), plain ? -1 : used);
    for (int i = 0; i < n; i++)
        printf(" %02x", (unsigned char)out[i]);
    printf("\n");
}

// All 256 bytes through a single-byte code page, and back.
static void whole(UINT cp) {
    unsigned char in[256], back[256];
    WCHAR out[256];
    unsigned long long hash = 1469598103934665603ull;
    for (int i = 0; i < 256; i++)
        in[i] = (unsigned char)i;
    int n = MultiByteToWideChar(cp, 0, (char *)in, 256, out, 256);
    int m = WideCharToMultiByte(cp, WC_NO_BEST_FIT_CHARS, out, n, (char *)back, 256, NULL, NULL);
    printf("code page %u: %d, %d, same %d\n", cp, n, m, !memcmp(in, back, 256));
    for (int i = 128; i < n; i++) {
        printf("%04x%s", out[i], (i & 15) == 15 ? "\n" : " ");
        hash = (hash ^ out[i]) * 1099511628211ull;
    }
    printf("hash: %016I64x\n", hash);
}

int main(void) {
    static const UINT pages[] = {437, 850, 1250, 1251, 1252, 1253, 1254};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        whole(pages[i]);

    to_wide("utf-8", 65001, 0, "a\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80", -1);
    to_wide("utf-8 by length", CP_UTF8, 0, "a\xc3\xa9z", 3);
    to_wide("utf-8 invalid", CP_UTF8, 0, "a\xff" "b", -1);
    to_wide("utf-8 invalid, strict", CP_UTF8, MB_ERR_INVALID_CHARS, "a\xff" "b", -1);
    to_wide("utf-8 overlong", CP_UTF8, MB_ERR_INVALID_CHARS, "\xc0\x80", -1);
    to_wide("utf-8 surrogate", CP_UTF8, MB_ERR_INVALID_CHARS, "\xed\xa0\x80", -1);
    to_wide("utf-8 cut off, strict", CP_UTF8, MB_ERR_INVALID_CHARS, "\xe4\xb8", 2);
    to_wide("utf-8 flag it does not take", CP_UTF8, MB_PRECOMPOSED, "a", -1);
    to_wide("shift-jis", 932, 0, "\x83\x65\x83\x58\x83\x67 abc \xb1", -1);
    to_wide("shift-jis lone lead byte, strict", 932, MB_ERR_INVALID_CHARS, "\x83", 1);
    to_wide("gbk", 936, 0, "\xca\xc0\xbd\xe7", -1);
    to_wide("big5", 950, 0, "\xa5\x40\xac\xc9", -1);
    to_wide("euc-kr", 949, 0, "\xc7\xd1", -1);
    to_wide("ansi", CP_ACP, 0, "\x80\xe9", -1);
    to_wide("oem", CP_OEMCP, 0, "\x80\xe9", -1);
    to_wide("thread", CP_THREAD_ACP, 0, "\x80", -1);
    to_wide("unknown code page", 12345, 0, "a", -1);
    to_wide("length 0", 1252, 0, "a", 0);
    to_wide("bad flags", 1252, 0x8000, "a", -1);

    to_narrow("utf-8", CP_UTF8, 0, L"a\u00e9\u4e16\U0001f600", -1, NULL);
    to_narrow("utf-8 lone surrogate", CP_UTF8, 0, L"a\xd800z", -1, NULL);
    to_narrow("utf-8 lone surrogate, strict", CP_UTF8, WC_ERR_INVALID_CHARS, L"a\xd800z", -1, NULL);
    to_narrow("1252", 1252, 0, L"\u20ac\u00e9x", -1, NULL);
    to_narrow("1252 unknown", 1252, 0, L"\u4e16x", -1, NULL);
    to_narrow("1252 unknown, own mark", 1252, 0, L"\u4e16x", -1, "#");
    to_narrow("1252 best fit", 1252, 0, L"\u0100\uff21", -1, NULL);
    to_narrow("1252 no best fit", 1252, WC_NO_BEST_FIT_CHARS, L"\u0100\uff21", -1, NULL);
    to_narrow("437", 437, 0, L"\u00e9\u2592\u03c0", -1, NULL);
    to_narrow("shift-jis", 932, 0, L"\u30c6\u30b9\u30c8", -1, NULL);
    to_narrow("unknown code page", 12345, 0, L"a", -1, NULL);
    BOOL used;
    char out[4];
    SetLastError(0);
    NUM("utf-8 with a default character", WideCharToMultiByte(CP_UTF8, 0, L"a", 1, out, 4, "?", NULL));
    NUM("error", GetLastError());
    SetLastError(0);
    NUM("utf-8 with used", WideCharToMultiByte(CP_UTF8, 0, L"a", 1, out, 4, NULL, &used));
    NUM("error", GetLastError());
    SetLastError(0);
    NUM("too small", WideCharToMultiByte(1252, 0, L"abcdef", -1, out, 4, NULL, NULL));
    NUM("error", GetLastError());
    NUM("room needed", WideCharToMultiByte(CP_UTF8, 0, L"\u00e9\u4e16", -1, NULL, 0, NULL, NULL));
    WCHAR wide[2];
    SetLastError(0);
    NUM("too small, wide", MultiByteToWideChar(CP_UTF8, 0, "abc", -1, wide, 2));
    NUM("error", GetLastError());
    NUM("room needed, wide", MultiByteToWideChar(CP_UTF8, 0, "\xc3\xa9" "bc", -1, NULL, 0));

    CPINFO info;
    OK("GetCPInfo 1252", GetCPInfo(1252, &info));
    printf("max %u default %02x lead %02x\n", info.MaxCharSize, info.DefaultChar[0], info.LeadByte[0]);
    OK("GetCPInfo 932", GetCPInfo(932, &info));
    printf("max %u default %02x lead %02x-%02x %02x-%02x\n", info.MaxCharSize, info.DefaultChar[0], info.LeadByte[0], info.LeadByte[1], info.LeadByte[2], info.LeadByte[3]);
    OK("GetCPInfo 65001", GetCPInfo(65001, &info));
    printf("max %u\n", info.MaxCharSize);
    OK("GetCPInfo unknown", GetCPInfo(12345, &info));
    NUM("IsValidCodePage 437", IsValidCodePage(437));
    NUM("IsValidCodePage 12345", IsValidCodePage(12345));
    NUM("IsDBCSLeadByteEx 932", IsDBCSLeadByteEx(932, 0x83));
    NUM("IsDBCSLeadByteEx 1252", IsDBCSLeadByteEx(1252, 0x83));
    NUM("IsDBCSLeadByte", IsDBCSLeadByte(0x83));
    return 0;
}
