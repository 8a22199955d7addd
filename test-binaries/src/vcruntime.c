// Visual C++'s runtime DLL: memory and text functions, and the handler behind __try.
#include "say.h"
#include <string.h>
#include <wchar.h>

// Reads through a pointer under __try: the scope table names this function's handler, `1` runs it for any exception.
int guarded_read(const volatile int *p);
__asm__(".text\n"
        ".globl guarded_read\n"
        ".seh_proc guarded_read\n"
        "guarded_read:\n"
        "    subq $40, %rsp\n"
        "    .seh_stackalloc 40\n"
        "    .seh_endprologue\n"
        ".Lbegin:\n"
        "    movl (%rcx), %eax\n"
        "    nop\n"
        ".Lend:\n"
        "    jmp .Lout\n"
        ".Lhandler:\n"
        "    movl $-1, %eax\n"
        ".Lout:\n"
        "    addq $40, %rsp\n"
        "    ret\n"
        "    .seh_handler __C_specific_handler, @except\n"
        "    .seh_handlerdata\n"
        "    .long 1\n"
        "    .rva .Lbegin, .Lend\n"
        "    .long 1\n"
        "    .rva .Lhandler\n"
        "    .text\n"
        "    .seh_endproc\n");

void start(void) {
    char a[16] = "0123456789";
    int value = 7;
    memmove(a + 1, a, 5);
    say("memmove: %s", a);
    memcpy(a, "ABC", 3);
    say("memcpy: %s", a);
    memset(a, '-', 2);
    say("memset: %s", a);
    say("memcmp: %d", memcmp("abc", "abd", 3) < 0);
    say("memchr: %s", (char *)memchr("key=value", '=', 9));
    say("strchr: %s", strchr("a.b.c", '.'));
    say("strrchr: %s", strrchr("a.b.c", '.'));
    say("strstr: %s", strstr("haystack", "st"));
    say("wcschr: %ls", wcschr(L"a.b", L'.'));
    say("wcsrchr: %ls", wcsrchr(L"a.b.c", L'.'));
    say("wcsstr: %ls", wcsstr(L"haystack", L"ck"));
    say("guarded, good: %d", guarded_read(&value));
    const wchar_t *line = GetCommandLineW();
    if (wcsstr(line, L"seh"))
        say("guarded, bad: %d", guarded_read((int *)8));
    ExitProcess(0);
}
