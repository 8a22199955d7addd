// The stack: the size the image asks for, its limits in the TEB, growth through the guard page.
#include "check.h"

static int deep(int frames) {
    volatile char room[8192];
    room[0] = (char)frames;
    room[8191] = 1;
    return frames ? deep(frames - 1) + room[8191] + (room[0] != (char)frames) : 0;
}

static int one_big_frame(void) {
    volatile char room[600000];
    for (int i = 0; i < 600000; i += 1000)
        room[i] = 1;
    return room[0] + room[599000];
}

static DWORD WINAPI thread(void *parameter) {
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    char here;
    NUM("a local lies within the limits", &here < (char *)tib->StackBase && &here >= (char *)tib->StackLimit);
    MEMORY_BASIC_INFORMATION m;
    VirtualQuery(&here, &m, sizeof m);
    SIZE_T reserved = (SIZE_T)((char *)tib->StackBase - (char *)m.AllocationBase);
    NUM("reserved at least what the image asks for", reserved >= 0x400000);
    NUM("400 frames of 8 KB", deep(400));
    NUM("one frame of 600 KB", one_big_frame());
    NUM("limit moved down or was there", (char *)tib->StackLimit <= &here - 600000);
    (void)parameter;
    return 0;
}

int main(void) {
    puts("main:");
    thread(NULL);
    puts("a thread with the image's size:");
    fflush(stdout);
    HANDLE h = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    WaitForSingleObject(h, INFINITE);
    CloseHandle(h);
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    NUM("the TEB knows itself", tib->Self == tib);
    return 0;
}
