// Streams: modes, text and binary, seeking, pushing back, buffering, reopening, temporary files.
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define N(name, value) printf("%s: %ld\n", name, (long)(value))

// The bytes on disk, in hex.
static void bytes(const char *name, const char *path) {
    FILE *f = fopen(path, "rb");
    printf("%s:", name);
    for (int c; f && (c = fgetc(f)) != EOF;)
        printf(" %02x", c);
    printf("%s\n", f ? "" : " missing");
    if (f)
        fclose(f);
}

static void put(const char *path, const char *mode, const char *text) {
    FILE *f = fopen(path, mode);
    N("fputs", fputs(text, f) >= 0);
    fclose(f);
}

static void modes(void) {
    errno = 0;
    N("r missing", fopen("a", "r") == NULL);
    N("errno", errno);
    N("r+ missing", fopen("a", "r+") == NULL);
    N("missing folder", fopen("none\\a", "w") == NULL);
    N("errno", errno);
    N("a folder", fopen(".", "r") == NULL);
    N("errno", errno);
    put("a", "w", "one\ntwo\n");
    bytes("text", "a");
    put("a", "wb", "one\ntwo\n");
    bytes("binary", "a");
    put("a", "a", "\n");
    bytes("appended as text", "a");
    put("a", "wt", "x\r\ny");
    bytes("carriage returns are kept", "a");
    FILE *f = fopen("a", "r+");
    N("read in r+", fgetc(f));
    N("seek between", fseek(f, 0, SEEK_CUR));
    fputs("ZZ", f);
    rewind(f);
    char line[64];
    printf("r+: %s", fgets(line, sizeof line, f));
    fclose(f);
    f = fopen("a", "w+");
    fputs("written", f);
    rewind(f);
    printf("w+: %s\n", fgets(line, sizeof line, f));
    N("then the end", fgetc(f));
    fclose(f);
    f = fopen("a", "a+");
    rewind(f);
    fputs("!", f);
    rewind(f);
    printf("a+: %s\n", fgets(line, sizeof line, f));
    fclose(f);
    f = fopen("a", "r");
    N("write to a reader", fputc('x', f));
    N("ferror", ferror(f) != 0);
    clearerr(f);
    N("cleared", ferror(f));
    fclose(f);
}

static void text_reading(void) {
    char line[64];
    put("t", "wb", "one\r\ntwo\rthree\nfour\r\n\x1a" "after");
    FILE *f = fopen("t", "r");
    while (fgets(line, sizeof line, f)) {
        printf("line:");
        for (char *p = line; *p; p++)
            printf(" %02x", (unsigned char)*p);
        printf("\n");
    }
    N("end at Ctrl-Z", feof(f) != 0);
    fclose(f);
    f = fopen("t", "rb");
    N("binary goes on", fread(line, 1, sizeof line, f));
    fclose(f);
    f = fopen("t", "r");
    printf("short buffer: \"%s\"", fgets(line, 3, f));
    printf(", \"%s\"", fgets(line, 3, f));
    N("", ftell(f));
    fclose(f);
    f = fopen("t", "r");
    N("fread as text", fread(line, 1, sizeof line, f));
    fclose(f);
}

static void seeking(void) {
    put("s", "wb", "0123456789");
    FILE *f = fopen("s", "rb");
    N("seek", fseek(f, 4, SEEK_SET));
    N("at", ftell(f));
    N("read", fgetc(f));
    N("seek back", fseek(f, -2, SEEK_CUR));
    N("read", fgetc(f));
    N("seek from the end", fseek(f, -1, SEEK_END));
    N("read", fgetc(f));
    N("feof before the end is met", feof(f) != 0);
    N("read", fgetc(f));
    N("feof", feof(f) != 0);
    N("seek before the start", fseek(f, -1, SEEK_SET));
    N("bad origin", fseek(f, 0, 7));
    N("seek clears the end", (fseek(f, 0, SEEK_SET), feof(f) != 0));
    N("ungetc", ungetc('x', f));
    N("read", fgetc(f));
    N("read", fgetc(f));
    N("ungetc EOF", ungetc(EOF, f));
    fpos_t pos;
    N("fgetpos", fgetpos(f, &pos));
    fgetc(f);
    N("fsetpos", fsetpos(f, &pos));
    N("read", fgetc(f));
    N("_fseeki64", _fseeki64(f, 9, SEEK_SET));
    printf("_ftelli64: %I64d\n", _ftelli64(f));
    char buffer[8];
    N("fread of what is not whole", fread(buffer, 4, 2, f));
    fclose(f);
    f = fopen("s", "r+b");
    fseek(f, 12, SEEK_SET);
    fputc('x', f);
    fclose(f);
    bytes("past the end", "s");
}

static void buffering(void) {
    FILE *f = fopen("b", "wb");
    N("setvbuf none", setvbuf(f, NULL, _IONBF, 0));
    fputs("abc", f);
    bytes("unbuffered", "b");
    fclose(f);
    f = fopen("b", "wb");
    N("setvbuf full", setvbuf(f, NULL, _IOFBF, 4096));
    fputs("abc", f);
    bytes("buffered", "b");
    N("fflush", fflush(f));
    bytes("flushed", "b");
    fputs("d", f);
    N("fclose flushes", fclose(f));
    bytes("closed", "b");
    f = fopen("b", "wb");
    for (int i = 0; i < 10000; i++)
        fputc('a' + i % 26, f);
    fclose(f);
    f = fopen("b", "rb");
    int good = 1;
    for (int i = 0; i < 10000; i++)
        good &= fgetc(f) == 'a' + i % 26;
    N("ten thousand bytes", good && fgetc(f) == EOF);
    fclose(f);
    N("fflush all", fflush(NULL) >= 0);
}

static void others(void) {
    FILE *f = tmpfile();
    N("tmpfile", f != NULL);
    if (f) {
        fputs("temporary", f);
        rewind(f);
        char text[16] = "";
        N("read back", fread(text, 1, 15, f));
        fclose(f);
    }
    put("o1", "w", "first");
    f = freopen("o2", "w", fopen("o1", "r"));
    fputs("second", f);
    fclose(f);
    bytes("freopen", "o2");
    N("rename", rename("o1", "o3"));
    N("rename onto existing", rename("o3", "o2"));
    N("errno", errno);
    N("remove", remove("o3"));
    N("remove again", remove("o3"));
    N("errno", errno);
    N("fileno of stdin, stdout, stderr", fileno(stdin) * 100 + fileno(stdout) * 10 + fileno(stderr));
    int fd = _open("o4", _O_CREAT | _O_WRONLY | _O_BINARY, 0600);
    f = _fdopen(fd, "wb");
    fputs("by descriptor\n", f);
    fclose(f);
    bytes("_fdopen", "o4");
    wchar_t wide[16];
    f = _wfopen(L"w\u00e9", L"w");
    N("fputws", fputws(L"wide \u00e9\n", f) >= 0);
    fclose(f);
    f = _wfopen(L"w\u00e9", L"r");
    N("fgetws", fgetws(wide, 16, f) != NULL && !wcscmp(wide, L"wide \u00e9\n"));
    fclose(f);
    N("strerror", strcmp(strerror(ENOENT), "No such file or directory"));
    printf("unknown error: %s\n", strerror(999));
    errno = EACCES;
    fflush(stdout);
    perror("perror");
    fflush(stdout);
    N("_setmode", _setmode(fileno(stdout), _O_BINARY) == _O_TEXT);
    printf("binary line\n");
    fflush(stdout);
    N("_setmode", _setmode(fileno(stdout), _O_TEXT) == _O_BINARY);
    N("puts", puts("puts") >= 0);
    N("putchar", putchar('c'));
    N("fputc", fputc('d', stdout));
    N("fwrite", fwrite("ef\n", 1, 3, stdout));
}

int main(void) {
    modes();
    text_reading();
    seeking();
    buffering();
    others();
    return 0;
}
