// Fibre-local storage: slots with a callback at thread end and at FlsFree.
#include "say.h"

static DWORD slot;

static void NTAPI callback(PVOID data) {
    say("callback: %d", (int)(INT_PTR)data);
}

static DWORD WINAPI thread(void *parameter) {
    say("starts empty: %d", FlsGetValue(slot) == NULL);
    FlsSetValue(slot, parameter);
    return 0;
}

int main(void) {
    slot = FlsAlloc(callback);
    say("FlsAlloc: %d", slot != FLS_OUT_OF_INDEXES);
    say("FlsSetValue: %d", FlsSetValue(slot, (void *)1));
    HANDLE h = CreateThread(NULL, 0, thread, (void *)2, 0, NULL);
    WaitForSingleObject(h, INFINITE);
    CloseHandle(h);
    say("kept: %d", (int)(INT_PTR)FlsGetValue(slot));
    say("FlsFree: %d", FlsFree(slot));
    SetLastError(0);
    BOOL ok = FlsFree(slot);
    say("FlsFree again: %d error %lu", ok, GetLastError());
    slot = FlsAlloc(NULL);
    say("without callback: %d", FlsSetValue(slot, (void *)3));
    slot = FlsAlloc(callback);
    FlsSetValue(slot, (void *)4);
    say("end of main");
    return 0;
}
