// Who is asked whether execution goes on, and in what order: vectored handlers, the unhandled filter, continue handlers; nested exceptions, and
// those that cannot be continued.
#include "check.h"

enum { NESTS = 0xe0000001, NESTED, FINAL_TO_VECTORED, FILTERED, FINAL_TO_FILTER };

static int asked;

static void show(const char *who, const EXCEPTION_RECORD *record) {
    printf("  %d %s: %08lx flags %lx\n", ++asked, who, (unsigned long)record->ExceptionCode, (unsigned long)record->ExceptionFlags);
}

static LONG CALLBACK first(EXCEPTION_POINTERS *info) {
    show("first handler", info->ExceptionRecord);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK second(EXCEPTION_POINTERS *info) {
    show("second handler", info->ExceptionRecord);
    switch (info->ExceptionRecord->ExceptionCode) {
    case NESTS:
        RaiseException(NESTED, 0, 0, NULL);
        puts("  back in the second handler");
        return EXCEPTION_CONTINUE_EXECUTION;
    case NESTED:
    case FINAL_TO_VECTORED:
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI filter(EXCEPTION_POINTERS *info) {
    EXCEPTION_RECORD *record = info->ExceptionRecord;
    show("filter", record);
    if (record->ExceptionCode == FILTERED || record->ExceptionCode == FINAL_TO_FILTER)
        return EXCEPTION_CONTINUE_EXECUTION;
    printf("about %08lx\n", record->ExceptionRecord ? (unsigned long)record->ExceptionRecord->ExceptionCode : 0);
    ExitProcess(5);
}

static LONG CALLBACK told(EXCEPTION_POINTERS *info) {
    show("continue handler", info->ExceptionRecord);
    return EXCEPTION_CONTINUE_SEARCH;
}

int main(void) {
    AddVectoredExceptionHandler(1, second);
    AddVectoredExceptionHandler(1, first);
    AddVectoredContinueHandler(1, told);
    SetUnhandledExceptionFilter(filter);
    puts("one in another's handler");
    RaiseException(NESTS, 0, 0, NULL);
    puts("a vectored handler continues what cannot be");
    RaiseException(FINAL_TO_VECTORED, EXCEPTION_NONCONTINUABLE, 0, NULL);
    puts("the filter continues");
    RaiseException(FILTERED, 0, 0, NULL);
    puts("the filter continues what cannot be");
    RaiseException(FINAL_TO_FILTER, EXCEPTION_NONCONTINUABLE, 0, NULL);
    puts("not reached");
    return 0;
}
