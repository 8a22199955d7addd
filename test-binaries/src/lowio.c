// The C runtime's descriptors: open flags, text mode, seeking, duplicates, pipes, stat.
#include <errno.h>
#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define N(name, value) printf("%s: %ld\n", name, (long)(value))

static void failed(const char *name, int result) {
    printf("%s: %d errno %d\n", name, result, errno);
}

int main(void) {
    char buffer[64];
    errno = 0;
    failed("open missing", _open("a", _O_RDONLY));
    int fd = _open("a", _O_CREAT | _O_EXCL | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE);
    N("lowest free descriptor", fd);
    failed("exclusive again", _open("a", _O_CREAT | _O_EXCL | _O_RDWR, _S_IREAD));
    N("write", _write(fd, "one\r\ntwo\r\n", 10));
    N("tell", _tell(fd));
    N("seek", _lseek(fd, 3, SEEK_SET));
    N("read", _read(fd, buffer, 4));
    failed("seek before the start", _lseek(fd, -1, SEEK_SET));
    printf("seek to the end: %I64d\n", _lseeki64(fd, 0, SEEK_END));
    N("read at the end", _read(fd, buffer, 4));
    N("_eof", _eof(fd));
    N("_filelength", _filelength(fd));
    N("_chsize", _chsize(fd, 5));
    N("_filelength", _filelength(fd));
    N("_commit", _commit(fd));
    N("_isatty", _isatty(fd));
    int twin = _dup(fd);
    N("_dup", twin);
    _lseek(fd, 1, SEEK_SET);
    N("shares the position", _tell(twin));
    N("_close", _close(fd));
    N("the twin lives", _read(twin, buffer, 2));
    N("_dup2", _dup2(twin, 10));
    N("tell", _tell(10));
    _close(twin);
    _close(10);
    errno = 0;
    failed("read closed", _read(twin, buffer, 1));
    failed("close closed", _close(twin));
    failed("close nonsense", _close(99999));

    fd = _open("t", _O_CREAT | _O_WRONLY | _O_TEXT, _S_IREAD | _S_IWRITE);
    N("text write counts what was given", _write(fd, "x\ny\n", 4));
    failed("read a writer", _read(fd, buffer, 1));
    _close(fd);
    fd = _open("t", _O_RDONLY | _O_TEXT);
    N("text length", _filelength(fd));
    N("text read", _read(fd, buffer, 64));
    failed("write a reader", _write(fd, "x", 1));
    _close(fd);
    fd = _open("t", _O_WRONLY | _O_APPEND | _O_BINARY);
    _lseek(fd, 0, SEEK_SET);
    _write(fd, "end", 3);
    N("append", _tell(fd));
    _close(fd);
    fd = _open("t", _O_RDWR | _O_TRUNC);
    N("truncated", _filelength(fd));
    _close(fd);

    int ends[2];
    N("_pipe", _pipe(ends, 512, _O_BINARY));
    _write(ends[1], "piped", 5);
    _close(ends[1]);
    N("through a pipe", _read(ends[0], buffer, 64));
    N("the end", _read(ends[0], buffer, 64));
    _close(ends[0]);

    struct _stat64 s;
    N("_stat64", _stat64("a", &s));
    N("size", s.st_size);
    N("regular", (s.st_mode & _S_IFMT) == _S_IFREG);
    N("permissions", (s.st_mode & 0600) == 0600);
    N("links", s.st_nlink);
    N("_mkdir", _mkdir("d"));
    failed("_mkdir again", _mkdir("d"));
    _stat64("d", &s);
    N("folder", (s.st_mode & _S_IFMT) == _S_IFDIR);
    failed("_stat64 missing", _stat64("none", &s));
    N("_access", _access("a", 0));
    failed("_access missing", _access("none", 0));
    N("_chmod", _chmod("a", _S_IREAD));
    failed("_access for writing", _access("a", 2));
    failed("_open for writing", _open("a", _O_WRONLY));
    failed("_unlink read only", _unlink("a"));
    N("_chmod", _chmod("a", _S_IREAD | _S_IWRITE));
    N("_unlink", _unlink("a"));
    failed("_unlink again", _unlink("a"));
    N("_chdir", _chdir("d"));
    char *cwd = _getcwd(buffer, 0) ? NULL : _getcwd(NULL, 0);
    N("_getcwd ends in it", cwd && !strcmp(cwd + strlen(cwd) - 2, "\\d"));
    N("_chdir back", _chdir(".."));
    failed("_chdir missing", _chdir("none"));
    N("_rmdir", _rmdir("d"));
    failed("_rmdir again", _rmdir("d"));

    struct _finddata_t found;
    intptr_t find = _findfirst("*.none", &found);
    failed("_findfirst nothing", (int)find);
    find = _findfirst("T", &found);
    N("_findfirst", find != -1);
    printf("name: %s\n", found.name);
    N("_findnext", _findnext(find, &found));
    N("_findclose", _findclose(find));
    return 0;
}
