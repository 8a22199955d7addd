// The C runtime's variables, read and used as old compilers' macros do: straight from the import, without a call.
#include "check.h"
#include <io.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *_ptr;
    int _cnt;
    char *_base;
    int _flag;
    int _file;
    int _charbuf;
    int _bufsiz;
    char *_tmpfname;
} old_file;

// Where the loader put the addresses. The headers have macros by these names.
#define VARIABLE(type, name, variable) extern type *name __asm__("__imp_" #variable)
VARIABLE(old_file, iob, _iob);
VARIABLE(char *, acmdln, _acmdln);
VARIABLE(wchar_t *, wcmdln, _wcmdln);
VARIABLE(int, own_argc, __argc);
VARIABLE(char **, own_argv, __argv);
VARIABLE(char **, environment, _environ);
VARIABLE(unsigned short *, pctype, _pctype);
VARIABLE(int, mb_cur_max, __mb_cur_max);
VARIABLE(double, huge, _HUGE);
VARIABLE(int, nerr, _sys_nerr);
VARIABLE(char *, errlist, _sys_errlist);

static int files[3], flags[3];

// Before the first call of stdio.
__attribute__((constructor(101))) static void look(void) {
    for (int i = 0; i < 3; i++) {
        files[i] = iob[i]._file;
        flags[i] = iob[i]._flag & 3;
    }
}

int main(int argc, char **argv) {
    NUM("size of a FILE", sizeof(old_file));
    for (int i = 0; i < 3; i++) {
        NUM("descriptor", files[i]);
        NUM("read 1, write 2", flags[i]);
        NUM("the stream's", _fileno((FILE *)&iob[i]) == i);
    }
    NUM("stdin is the first", (void *)stdin == (void *)&iob[0]);
    NUM("stdout is the second", (void *)stdout == (void *)&iob[1]);
    NUM("stderr is the third", (void *)stderr == (void *)&iob[2]);
    fputs("written to the second\n", (FILE *)&iob[1]);
    FILE *opened = fopen("crt_variables.tmp", "w");
    NUM("a file is the fourth", (void *)opened == (void *)&iob[3]);
    fputs("x", opened);
    fclose(opened);
    remove("crt_variables.tmp");
    NUM("_acmdln", !strcmp(*acmdln, GetCommandLineA()));
    NUM("_wcmdln", !wcscmp(*wcmdln, GetCommandLineW()));
    NUM("__argc", *own_argc == argc);
    NUM("__argv", !strcmp((*own_argv)[0], argv[0]));
    NUM("_environ", *environment != NULL && strchr((*environment)[0], '=') != NULL);
    NUM("_pctype['A']", (*pctype)['A']);
    NUM("_pctype[' ']", (*pctype)[' ']);
    NUM("__mb_cur_max", *mb_cur_max);
    NUM("_HUGE is infinite", *huge > 1.7976931348623157e308);
    NUM("_sys_nerr", *nerr);
    STR("_sys_errlist[2]", errlist[2]);
    return 0;
}
