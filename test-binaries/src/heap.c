// Heaps: Heap*, Local*, Global* and the C runtime's, with sizes, flags and refusals.
#include "check.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static int all(const unsigned char *p, size_t n, unsigned char value) {
    for (size_t i = 0; i < n; i++)
        if (p[i] != value)
            return 0;
    return 1;
}

static void heaps(void) {
    HANDLE heap = GetProcessHeap();
    NUM("GetProcessHeap is the PEB's", heap == *(HANDLE *)(__readgsqword(0x60) + 0x30));
    unsigned char *p = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
    NUM("zeroed", all(p, 100, 0));
    NUM("aligned to 16", ((ULONG_PTR)p & 15) == 0);
    NUM("HeapSize", HeapSize(heap, 0, p));
    memset(p, 7, 100);
    p = HeapReAlloc(heap, HEAP_ZERO_MEMORY, p, 5000);
    NUM("grown, old part kept", all(p, 100, 7));
    NUM("grown, new part zeroed", all(p + 100, 4900, 0));
    p = HeapReAlloc(heap, 0, p, 10);
    NUM("shrunk", HeapSize(heap, 0, p));
    NUM("in place to smaller", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, p, 8) == p);
    NUM("HeapValidate", HeapValidate(heap, 0, p) != 0);
    NUM("HeapFree", HeapFree(heap, 0, p) != 0);
    NUM("HeapFree of NULL", HeapFree(heap, 0, NULL) != 0);
    p = HeapAlloc(heap, 0, 0);
    NUM("zero bytes", p != NULL && HeapSize(heap, 0, p) == 0);
    HeapFree(heap, 0, p);
    NUM("absurd size", HeapAlloc(heap, 0, (SIZE_T)1 << 62) == NULL);
    NUM("almost all of the address space", HeapAlloc(heap, 0, ~(SIZE_T)0) == NULL);
    unsigned char *big = HeapAlloc(heap, HEAP_ZERO_MEMORY, 8 << 20);
    NUM("8 MB", big && all(big, 8 << 20, 0));
    HeapFree(heap, 0, big);

    HANDLE own = HeapCreate(0, 0, 0);
    p = HeapAlloc(own, 0, 64);
    NUM("own heap", own != NULL && own != heap && p != NULL);
    NUM("HeapDestroy", HeapDestroy(own) != 0);
    own = HeapCreate(0, 0x1000, 0x10000);
    NUM("larger than a heap of fixed size", HeapAlloc(own, 0, 0x20000) == NULL);
    HeapDestroy(own);
    void *blocks[1000];
    for (int i = 0; i < 1000; i++) {
        blocks[i] = HeapAlloc(heap, 0, (SIZE_T)i + 1);
        memset(blocks[i], i, (SIZE_T)i + 1);
    }
    int good = 1;
    for (int i = 0; i < 1000; i++) {
        good &= all(blocks[i], (size_t)i + 1, (unsigned char)i) && HeapSize(heap, 0, blocks[i]) == (SIZE_T)i + 1;
        HeapFree(heap, 0, blocks[i]);
    }
    NUM("a thousand blocks", good);
}

static void local_and_global(void) {
    HLOCAL l = LocalAlloc(LPTR, 50);
    NUM("LocalAlloc fixed and zeroed", all(l, 50, 0));
    NUM("LocalSize", LocalSize(l));
    NUM("LocalFree", LocalFree(l) == NULL);
    HGLOBAL g = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, 60);
    unsigned char *p = GlobalLock(g);
    NUM("GlobalLock", p != NULL && all(p, 60, 0));
    NUM("GlobalSize", GlobalSize(g));
    NUM("GlobalHandle", GlobalHandle(p) == g);
    NUM("lock count", GlobalFlags(g) & GMEM_LOCKCOUNT);
    SetLastError(99);
    NUM("GlobalUnlock", GlobalUnlock(g));
    NUM("error", GetLastError());
    NUM("GlobalUnlock once too often", GlobalUnlock(g));
    NUM("error", GetLastError());
    NUM("GlobalFree", GlobalFree(g) == NULL);
    NUM("LocalFree of NULL", LocalFree(NULL) == NULL);
}

static void runtime(void) {
    unsigned char *p = malloc(30);
    NUM("_msize", _msize(p));
    NUM("malloc aligned to 16", ((ULONG_PTR)p & 15) == 0);
    memset(p, 3, 30);
    p = realloc(p, 3000);
    NUM("realloc keeps", all(p, 30, 3));
    NUM("realloc to zero frees", realloc(p, 0) == NULL);
    p = realloc(NULL, 10);
    NUM("realloc of NULL allocates", p != NULL);
    free(p);
    free(NULL);
    p = malloc(0);
    NUM("malloc of zero", p != NULL);
    free(p);
    p = calloc(10, 20);
    NUM("calloc", all(p, 200, 0));
    free(p);
    volatile size_t huge = (size_t)1 << 40;
    NUM("calloc overflows", calloc(huge, huge) == NULL);
    p = _aligned_malloc(100, 256);
    NUM("_aligned_malloc", ((ULONG_PTR)p & 255) == 0);
    memset(p, 9, 100);
    p = _aligned_realloc(p, 1000, 256);
    NUM("_aligned_realloc", ((ULONG_PTR)p & 255) == 0 && all(p, 100, 9));
    _aligned_free(p);
    char *copy = _strdup("copy");
    STR("_strdup", copy);
    free(copy);
}

int main(void) {
    heaps();
    local_and_global();
    runtime();
    return 0;
}
