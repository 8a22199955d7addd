// Alertable waits: queued calls run in order, and only there.
#include "check.h"

static void CALLBACK call(ULONG_PTR number) {
    NUM("call", number);
}

int main(void) {
    NUM("nothing queued", SleepEx(10, TRUE));
    OK("queue", QueueUserAPC(call, GetCurrentThread(), 1));
    OK("queue", QueueUserAPC(call, GetCurrentThread(), 2));
    NUM("plain sleep", SleepEx(5, FALSE));
    NUM("alertable sleep", SleepEx(1000, TRUE));
    NUM("nothing left", SleepEx(5, TRUE));
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OK("queue", QueueUserAPC(call, GetCurrentThread(), 3));
    NUM("wait", WaitForSingleObject(event, 5));
    NUM("alertable wait", WaitForSingleObjectEx(event, 1000, TRUE));
    OK("queue", QueueUserAPC(call, GetCurrentThread(), 4));
    NUM("alertable wait for many", WaitForMultipleObjectsEx(1, &event, FALSE, 1000, TRUE));
    return 0;
}
