// Control events: who is told, in which order, on which thread, and what becomes of the process.
#include "say.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static HANDLE told;
static DWORD first_thread;

static BOOL WINAPI handles(DWORD event) {
    say("handles: %lu, on the first thread: %d", event, GetCurrentThreadId() == first_thread);
    SetEvent(told);
    return TRUE;
}

static BOOL WINAPI passes(DWORD event) {
    say("passes: %lu", event);
    return FALSE;
}

static void __cdecl on_signal(int number) {
    say("signal: %d, on the first thread: %d", number, GetCurrentThreadId() == first_thread);
    SetEvent(told);
}

static void at_exit(void) {
    say("atexit");
}

// Who is told of it may be the first to say something.
static void generate(DWORD event, DWORD group) {
    say("generate %lu", event);
    if (!GenerateConsoleCtrlEvent(event, group))
        say("error: %lu", GetLastError());
}

static void until_told(void) {
    say("told: %lu", WaitForSingleObject(told, 10000));
}

// `wait HOW`: is told by somebody else.
static void wait_for_others(const char *how) {
    if (!strcmp(how, "handles"))
        SetConsoleCtrlHandler(handles, TRUE);
    else if (!strcmp(how, "passes"))
        SetConsoleCtrlHandler(passes, TRUE);
    else if (!strcmp(how, "ignores"))
        SetConsoleCtrlHandler(NULL, TRUE);
    else if (!strcmp(how, "signal"))
        signal(SIGINT, on_signal);
    say("ready");
    until_told();
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    told = CreateEventA(NULL, FALSE, FALSE, NULL);
    first_thread = GetCurrentThreadId();
    atexit(at_exit);
    if (!strcmp(what, "order")) {
        SetConsoleCtrlHandler(handles, TRUE);
        SetConsoleCtrlHandler(passes, TRUE);
        SetConsoleCtrlHandler(passes, TRUE);
        generate(CTRL_C_EVENT, 0);
        until_told();
        say("removed: %d %d", SetConsoleCtrlHandler(passes, FALSE), SetConsoleCtrlHandler(passes, FALSE));
        SetLastError(0);
        say("removed once more: %d", SetConsoleCtrlHandler(passes, FALSE));
        say("error: %lu", GetLastError());
        generate(CTRL_BREAK_EVENT, 0);
        until_told();
    } else if (!strcmp(what, "ignores")) {
        SetConsoleCtrlHandler(handles, TRUE);
        say("ignore: %d", SetConsoleCtrlHandler(NULL, TRUE));
        generate(CTRL_C_EVENT, 0);
        say("told: %lu", WaitForSingleObject(told, 300));
        generate(CTRL_BREAK_EVENT, 0);
        until_told();
        say("no longer: %d", SetConsoleCtrlHandler(NULL, FALSE));
        generate(CTRL_C_EVENT, 0);
        until_told();
    } else if (!strcmp(what, "group")) {
        SetConsoleCtrlHandler(handles, TRUE);
        generate(CTRL_C_EVENT, 0x7ffffff0);
        say("told: %lu", WaitForSingleObject(told, 300));
    } else if (!strcmp(what, "default")) {
        SetConsoleCtrlHandler(passes, TRUE);
        generate(CTRL_C_EVENT, 0);
        until_told();
    } else if (!strcmp(what, "signal")) {
        signal(SIGINT, on_signal);
        signal(SIGBREAK, on_signal);
        generate(CTRL_C_EVENT, 0);
        until_told();
        generate(CTRL_BREAK_EVENT, 0);
        until_told();
        signal(SIGINT, SIG_IGN);
        generate(CTRL_C_EVENT, 0);
        say("told: %lu", WaitForSingleObject(told, 300));
        // A handler is good for one signal.
        generate(CTRL_BREAK_EVENT, 0);
        until_told();
    } else if (!strcmp(what, "wait") && argc > 2) {
        wait_for_others(argv[2]);
    }
    return 0;
}
