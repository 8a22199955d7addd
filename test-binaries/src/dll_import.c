// Implicit imports: by name, by ordinal, data, forwarders; and the order in which DllMain is called.
#include "say.h"

__declspec(dllimport) extern int a_counter;
__declspec(dllimport) int a_add(int x, int y);
__declspec(dllimport) int a_seven(void);
__declspec(dllimport) int a_count(void);
__declspec(dllimport) int f_add(int x, int y);
__declspec(dllimport) int c_seven(void);
__declspec(dllimport) int f_own(void);
__declspec(dllimport) int f_seven(void);
__declspec(dllimport) DWORD WINAPI f_tick(void);

static DWORD WINAPI thread(void *parameter) {
    (void)parameter;
    say("thread");
    return 0;
}

int main(void) {
    say("main");
    say("by name: %d", a_add(2, 3));
    say("by ordinal: %d", a_seven());
    say("data: %d", a_counter);
    a_counter = 10;
    say("data written here is read there: %d", a_count());
    say("and back: %d", a_counter);
    say("forwarder by name: %d", f_add(4, 5));
    say("forwarder by ordinal: %d", f_seven());
    say("forwarder to a forwarder: %d", c_seven());
    say("beside forwarders: %d", f_own());
    DWORD now = GetTickCount();
    say("forwarder to a system DLL: %d", f_tick() - now < 1000);
    HANDLE h = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    WaitForSingleObject(h, INFINITE);
    CloseHandle(h);
    say("end of main");
    return 0;
}
