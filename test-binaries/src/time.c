// Calendar time with fixed values in UTC: the C runtime's functions and the system's FILETIME.
#include "check.h"
#include <string.h>
#include <time.h>

static void format(const struct tm *tm, const char *specs) {
    char text[128];
    for (const char *p = specs; *p; p++) {
        char spec[4] = {'%', *p, 0, 0};
        if (*p == '#') {
            spec[1] = '#';
            spec[2] = *++p;
        }
        size_t n = strftime(text, sizeof text, spec, tm);
        printf("strftime %s: %d %s\n", spec, (int)n, text);
    }
}

static void runtime(void) {
    static const __time64_t times[] = {0, 86399, 951782400, 1000000000, 1234567890, 2147483647, 4102444800, 32503679999};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct tm *t = _gmtime64(&times[i]);
        if (!t) {
            printf("gmtime %I64d: NULL\n", times[i]);
            continue;
        }
        printf("gmtime %I64d: %d-%02d-%02d %02d:%02d:%02d weekday %d day %d dst %d\n", times[i], t->tm_year + 1900, t->tm_mon + 1, t->tm_mday,
               t->tm_hour, t->tm_min, t->tm_sec, t->tm_wday, t->tm_yday, t->tm_isdst);
        printf("asctime: %s", asctime(t));
    }
    __time64_t before = -1;
    NUM("before 1970", _gmtime64(&before) == NULL);
    struct tm tm = {.tm_year = 109, .tm_mon = 1, .tm_mday = 13, .tm_hour = 23, .tm_min = 31, .tm_sec = 30, .tm_isdst = 0};
    printf("_mkgmtime: %I64d\n", _mkgmtime64(&tm));
    struct tm over = {.tm_year = 120, .tm_mon = 13, .tm_mday = 30, .tm_hour = 25, .tm_min = -1, .tm_sec = 61, .tm_isdst = 0};
    printf("normalized: %I64d", _mkgmtime64(&over));
    printf(" %d-%d-%d %d:%d:%d weekday %d\n", over.tm_year + 1900, over.tm_mon + 1, over.tm_mday, over.tm_hour, over.tm_min, over.tm_sec, over.tm_wday);
    printf("mktime and localtime agree: %d\n", (int)(_mktime64(_localtime64(&times[4])) == times[4]));
    tm = *_gmtime64(&times[4]);
    format(&tm, "aAbBcdHIjmMpSUwWxXyY%#d#H#I#j#m#c#x");
    char small[5];
    NUM("strftime too small", strftime(small, sizeof small, "%Y-%m", &tm));
    printf("difftime: %.1f\n", _difftime64(times[4], times[3]));
    NUM("time moves like the system's", _time64(NULL) > 1600000000);
    NUM("clock", clock() >= 0);
}

static void filetime(const char *name, WORD year, WORD month, WORD day, WORD hour, WORD minute, WORD second, WORD milli) {
    SYSTEMTIME st = {year, month, 0, day, hour, minute, second, milli}, back;
    FILETIME ft;
    if (!SystemTimeToFileTime(&st, &ft)) {
        printf("%s: error %lu\n", name, GetLastError());
        return;
    }
    FileTimeToSystemTime(&ft, &back);
    printf("%s: %08lx%08lx %d-%d-%d %d:%d:%d.%d weekday %d\n", name, ft.dwHighDateTime, ft.dwLowDateTime, back.wYear, back.wMonth, back.wDay,
           back.wHour, back.wMinute, back.wSecond, back.wMilliseconds, back.wDayOfWeek);
}

int main(void) {
    runtime();
    filetime("1601", 1601, 1, 1, 0, 0, 0, 0);
    filetime("1970", 1970, 1, 1, 0, 0, 0, 0);
    filetime("leap day", 2000, 2, 29, 23, 59, 59, 999);
    filetime("no leap day", 2100, 2, 29, 0, 0, 0, 0);
    filetime("1600", 1600, 12, 31, 0, 0, 0, 0);
    filetime("month 13", 2000, 13, 1, 0, 0, 0, 0);
    filetime("30827", 30827, 12, 31, 0, 0, 0, 0);
    FILETIME a = {0, 1}, b = {5, 0};
    NUM("CompareFileTime", CompareFileTime(&a, &b));
    WORD date = 0, time = 0;
    SYSTEMTIME st = {2009, 2, 0, 13, 23, 31, 30, 0};
    FILETIME ft;
    SystemTimeToFileTime(&st, &ft);
    OK("FileTimeToDosDateTime", FileTimeToDosDateTime(&ft, &date, &time));
    printf("DOS: %04x %04x\n", date, time);
    OK("DosDateTimeToFileTime", DosDateTimeToFileTime(date, time, &ft));
    FileTimeToSystemTime(&ft, &st);
    printf("seconds: %d\n", st.wSecond);
    FILETIME bad = {0, 0x80000000};
    OK("negative FILETIME", FileTimeToSystemTime(&bad, &st));
    LARGE_INTEGER frequency, first, second;
    OK("QueryPerformanceFrequency", QueryPerformanceFrequency(&frequency));
    QueryPerformanceCounter(&first);
    Sleep(20);
    QueryPerformanceCounter(&second);
    NUM("the counter ran", (second.QuadPart - first.QuadPart) * 1000 / frequency.QuadPart >= 15);
    TIME_ZONE_INFORMATION zone;
    NUM("zone known or not, bias 0 in UTC", GetTimeZoneInformation(&zone) != TIME_ZONE_ID_INVALID && zone.Bias == 0);
    return 0;
}
