// qsort, bsearch and the Microsoft searches: callbacks from the runtime into the program.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <search.h>

static int calls;

static int integers(const void *a, const void *b) {
    calls++;
    return *(const int *)a - *(const int *)b;
}

static int texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int bytes(const void *a, const void *b) {
    return memcmp(a, b, 7);
}

static int nested(const void *a, const void *b) {
    int inner[4] = {4, 2, 3, 1};
    qsort(inner, 4, sizeof *inner, integers);
    return (*(const int *)a - *(const int *)b) * inner[0];
}

int main(void) {
    static int numbers[1000];
    unsigned state = 1;
    for (int i = 0; i < 1000; i++) {
        state = state * 1103515245 + 12345;
        numbers[i] = (int)(state >> 16) % 500;
    }
    qsort(numbers, 1000, sizeof *numbers, integers);
    int sorted = 1;
    for (int i = 1; i < 1000; i++)
        sorted &= numbers[i - 1] <= numbers[i];
    printf("sorted: %d\n", sorted);
    printf("compared: %d\n", calls > 999);
    printf("ends: %d %d\n", numbers[0] < 5, numbers[999] > 495);
    int three[3] = {3, 1, 2};
    qsort(three, 0, sizeof *three, integers);
    qsort(three, 1, sizeof *three, integers);
    printf("untouched: %d %d %d\n", three[0], three[1], three[2]);
    qsort(three, 3, sizeof *three, nested);
    printf("a sort inside a comparison: %d %d %d\n", three[0], three[1], three[2]);
    const char *words[] = {"pear", "apple", "fig", "banana"};
    qsort(words, 4, sizeof *words, texts);
    printf("words: %s %s %s %s\n", words[0], words[1], words[2], words[3]);
    char odd[] = "ggggggg" "ccccccc" "eeeeeee" "aaaaaaa";
    qsort(odd, 4, 7, bytes);
    printf("elements of 7 bytes: %s\n", odd);
    const char *key = "fig", *none = "kiwi";
    const char **found = bsearch(&key, words, 4, sizeof *words, texts);
    printf("bsearch: %s\n", found ? *found : "none");
    printf("bsearch missing: %d\n", bsearch(&none, words, 4, sizeof *words, texts) == NULL);
    printf("bsearch in nothing: %d\n", bsearch(&none, words, 0, sizeof *words, texts) == NULL);
    unsigned count = 4;
    found = _lfind(&key, words, &count, sizeof *words, texts);
    printf("_lfind: %s\n", found ? *found : "none");
    return 0;
}
