// Standard input by each way of reading it: `stdin fgets|getchar|scanf|binary|ReadFile|_read`.
#include "check.h"
#include <fcntl.h>
#include <io.h>
#include <string.h>

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "fgets";
    char text[80];
    int n = 0, c;
    DWORD read;
    if (!strcmp(how, "fgets"))
        while (fgets(text, sizeof text, stdin))
            STR("line", text);
    if (!strcmp(how, "getchar")) {
        while ((c = getchar()) != EOF)
            n += c;
        NUM("sum", n);
        NUM("again at the end", getchar());
        NUM("feof", feof(stdin) != 0);
    }
    if (!strcmp(how, "scanf"))
        while (scanf("%d %79s", &n, text) == 2) {
            NUM("number", n);
            STR("word", text);
        }
    if (!strcmp(how, "binary")) {
        _setmode(0, _O_BINARY);
        while (fgets(text, sizeof text, stdin))
            STR("line", text);
    }
    if (!strcmp(how, "ReadFile")) {
        HANDLE h = GetStdHandle(STD_INPUT_HANDLE);
        BOOL ok;
        while ((ok = ReadFile(h, text, sizeof text - 1, &read, NULL)) && read) {
            n += (int)read;
        }
        NUM("bytes", n);
    }
    if (!strcmp(how, "_read")) {
        while ((c = _read(0, text, sizeof text)) > 0)
            n += c;
        NUM("bytes", n);
    }
    return 0;
}
