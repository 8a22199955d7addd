// C++ exceptions thrown across DLLs, whose runtime is a DLL of its own; out of constructors, between threads, nested, and what ends the program.
#include "across.h"
#include <new>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int alive;

static void left(const char *what) {
    printf("  %s: alive %d here, %d there, uncaught %d\n", what, alive, dll_alive(), std::uncaught_exceptions());
}

static int throws(int number) {
    Counted local(&alive);
    if (number < 0)
        throw Said(number);
    if (number > 0)
        throw number;
    return 0;
}

static int dll_throws_kind(int kind) {
    Counted local(&alive);
    dll_throws(kind);
    return 0;
}

static void from_the_dll() {
    puts("thrown there, caught here");
    for (int kind = 0; kind < 5; kind++) {
        try {
            dll_throws(kind);
        } catch (int caught) {
            printf("  int %d\n", caught);
        } catch (const char *caught) {
            printf("  text %s\n", caught);
        } catch (const std::exception &caught) {
            printf("  what: %s\n", caught.what());
        } catch (Right &caught) {
            printf("  a virtual base: %d, whole %d\n", caught.right, dynamic_cast<Both &>(caught).left);
        } catch (...) {
            left("in catch");
        }
    }
    left("after");
}

static void through_the_dll() {
    puts("thrown here, through there");
    try {
        dll_calls(throws, 3);
    } catch (int caught) {
        printf("  int %d\n", caught);
    }
    try {
        dll_calls(dll_throws_kind, 2);
    } catch (Said &caught) {
        printf("  there, here, there: %s\n", caught.what());
    }
    puts("thrown here, caught there");
    printf("  %d %d %d\n", dll_catches(throws, 0), dll_catches(throws, 4), dll_catches(dll_throws_kind, 0));
    puts("thrown again there");
    for (int number : {-4, 5}) {
        try {
            dll_rethrows(throws, number);
        } catch (int caught) {
            printf("  int %d\n", caught);
        } catch (Said &caught) {
            printf("  %s\n", caught.what());
        }
    }
    left("after");
}

// The exception, and those that are nested in it.
static void show_nested(const std::exception &outer, int depth) {
    printf("  %d: %s\n", depth, outer.what());
    try {
        std::rethrow_if_nested(outer);
    } catch (const std::exception &inner) {
        show_nested(inner, depth + 1);
    } catch (int inner) {
        printf("  %d: int %d\n", depth + 1, inner);
    }
}

static int nests(int number) {
    if (number == 4)
        dll_nests(throws, number);
    dll_nests(nests, number + 1);
    return 0;
}

static void nested() {
    puts("nested");
    try {
        nests(1);
    } catch (const std::exception &caught) {
        show_nested(caught, 0);
    }
    std::nested_exception none;
    printf("  nothing nested: %d\n", none.nested_ptr() == nullptr);
    left("after");
}

static char order[64];

static void note(char letter) {
    size_t length = strlen(order);
    order[length] = letter;
    order[length + 1] = 0;
}

struct Noted {
    char letter;
    explicit Noted(char letter) : letter(letter) {
        if (letter == '!')
            throw 1;
        note(letter);
    }
    ~Noted() { note((char)(letter - 'a' + 'A')); }
};

struct Base {
    Noted base;
    Base() : base('a') {}
};

struct Members : Base {
    Noted first, second, third;
    explicit Members(char last) : first('b'), second('c'), third(last) {}
};

static int elements;

struct Element {
    Noted noted;
    Element() : noted(elements == 3 ? '!' : (char)('p' + elements++)) {}
};

struct FunctionTry {
    Noted first;
    explicit FunctionTry(int number) try : first('f') {
        if (number)
            throw number;
    } catch (int caught) {
        // The members are gone; the exception goes on at the end of the block.
        note((char)('0' + caught));
    }
};

struct Delegating {
    Noted first;
    Delegating() : first('d') {}
    explicit Delegating(int number) : Delegating() {
        // The object is complete: its destructor runs.
        throw number;
    }
    ~Delegating() { note('~'); }
};

static int freed;

struct OwnNew {
    explicit OwnNew(int number) { throw number; }
    void *operator new(size_t size) { return malloc(size); }
    void operator delete(void *block) {
        freed++;
        free(block);
    }
};

template <typename Body> static void constructed(const char *name, Body body) {
    order[0] = 0;
    try {
        body();
        note('.');
    } catch (int caught) {
        note('=');
        note((char)('0' + caught));
    }
    printf("  %s: %s\n", name, order);
}

static void constructors() {
    puts("constructors");
    constructed("members, whole", [] { Members members('d'); });
    constructed("members, in part", [] { Members members('!'); });
    constructed("members, from new", [] { delete new Members('!'); });
    constructed("an array", [] {
        elements = 0;
        Element array[5];
    });
    constructed("an array from new", [] {
        elements = 0;
        delete[] new Element[5];
    });
    constructed("a function-try block, whole", [] { FunctionTry object(0); });
    constructed("a function-try block", [] { FunctionTry object(4); });
    constructed("delegating", [] { Delegating object(6); });
    constructed("a static, tried twice", [] {
        static int tries;
        for (int i = 0; i < 2; i++) {
            try {
                static Members once(tries++ ? 'd' : '!');
            } catch (int) {
                note(' ');
            }
        }
    });
    try {
        delete new OwnNew(1);
    } catch (int) {
        printf("  freed by its own operator: %d\n", freed);
    }
    try {
        volatile size_t huge = (size_t)-1 / 2;
        char *block = new char[huge];
        printf("  not reached %p\n", (void *)block);
    } catch (const std::bad_alloc &) {
        puts("  bad_alloc");
    }
}

struct CatchesOwn {
    int depth;
    explicit CatchesOwn(int depth) : depth(depth) {}
    ~CatchesOwn() {
        if (!depth)
            return;
        try {
            CatchesOwn inner(depth - 1);
            throw depth;
        } catch (int caught) {
            printf("  depth %d: caught %d, uncaught %d\n", depth, caught, std::uncaught_exceptions());
        }
    }
};

static int with_destructor(int number) {
    CatchesOwn local(number);
    throw 10 + number;
}

static void destructors() {
    puts("destructors that catch their own");
    try {
        dll_calls(with_destructor, 3);
    } catch (int caught) {
        printf("  at last %d\n", caught);
    }
    left("after");
}

// By turns a frame here and one there.
static int deep(int depth) {
    Counted local(&alive);
    if (!depth)
        throw 77;
    return dll_calls(deep, depth - 1) + alive;
}

static void depths() {
    puts("1,000 frames");
    try {
        deep(500);
    } catch (int caught) {
        printf("  %d\n", caught);
    }
    left("after");
    int caught = 0;
    for (int i = 0; i < 20; i++) {
        try {
            dll_rethrows(deep, 50);
        } catch (int value) {
            caught += value == 77;
        }
    }
    printf("  again and again: %d\n", caught);
}

static std::exception_ptr handed[16];

// `alive` is counted without a lock: nobody looks at it any more.
static DWORD WINAPI keeps(void *parameter) {
    int index = (int)(INT_PTR)parameter, caught = 0;
    for (int i = 0; i < 100; i++) {
        try {
            switch (i % 4) {
            case 0:
                dll_throws(2);
                break;
            case 1:
                throw i;
            case 2:
                dll_rethrows(throws, -7);
                break;
            default:
                caught += dll_catches(throws, i) == 1000 + i;
            }
        } catch (int value) {
            caught += value == i;
        } catch (const Said &said) {
            caught += !strcmp(said.what(), i % 4 ? "Said -7" : "said 6");
        }
    }
    handed[index] = dll_keeps(index % 2 ? [](int n) -> int { throw Said(n); } : [](int n) -> int { throw n; }, index);
    return (DWORD)caught;
}

static DWORD WINAPI rethrows(void *parameter) {
    for (int round = 0; round < 50; round++) {
        try {
            std::rethrow_exception(*(std::exception_ptr *)parameter);
        } catch (const Said &) {
        } catch (int) {
        }
    }
    return 50;
}

static DWORD sum(HANDLE *threads) {
    DWORD all = 0;
    WaitForMultipleObjects(16, threads, TRUE, INFINITE);
    for (int i = 0; i < 16; i++) {
        DWORD one;
        GetExitCodeThread(threads[i], &one);
        CloseHandle(threads[i]);
        all += one;
    }
    return all;
}

static void between_threads() {
    puts("16 threads");
    HANDLE threads[16];
    for (int i = 0; i < 16; i++)
        threads[i] = CreateThread(nullptr, 0, keeps, (void *)(INT_PTR)i, 0, nullptr);
    printf("  caught: %d\n", (int)sum(threads));
    int numbers = 0;
    for (std::exception_ptr &kept : handed) {
        try {
            std::rethrow_exception(kept);
        } catch (int caught) {
            numbers += caught;
        } catch (const Said &said) {
            numbers += 100 * atoi(said.what() + 5);
        }
    }
    printf("  of other threads: %d\n", numbers);
    for (int i = 0; i < 16; i++)
        threads[i] = CreateThread(nullptr, 0, rethrows, &handed[i % 4], 0, nullptr);
    printf("  the same again: %d\n", (int)sum(threads));
    std::exception_ptr made = std::make_exception_ptr(Said(9)), copy = made;
    made = nullptr;
    try {
        std::rethrow_exception(copy);
    } catch (const std::exception &caught) {
        printf("  made: %s, the same object: %d\n", caught.what(), std::current_exception() == copy);
    }
}

struct ThrowsAtEnd {
    ~ThrowsAtEnd() noexcept(false) { throw 2; }
};

static int last_words() {
    std::set_terminate([] {
        try {
            if (std::exception_ptr now = std::current_exception())
                std::rethrow_exception(now);
            puts("terminate: no exception");
        } catch (const std::exception &caught) {
            printf("terminate: %s\n", caught.what());
        } catch (int caught) {
            printf("terminate: int %d\n", caught);
        }
        abort();
    });
    return 0;
}

static void ends(const char *how) {
    Counted local(&alive);
    if (strstr(how, "-handler"))
        last_words();
    if (!strncmp(how, "uncaught-there", 14))
        dll_throws(2);
    if (!strncmp(how, "uncaught", 8))
        throw Said(1);
    if (!strncmp(how, "noexcept", 8))
        dll_promises(throws, 8);
    if (!strncmp(how, "destructor", 10)) {
        try {
            ThrowsAtEnd object;
            throw 1;
        } catch (...) {
            puts("not reached");
        }
    }
    if (!strncmp(how, "nothing", 7))
        throw;
    if (!strncmp(how, "thread", 6)) {
        HANDLE thread = CreateThread(nullptr, 0, [](void *) -> DWORD { throw 3; }, nullptr, 0, nullptr);
        WaitForSingleObject(thread, INFINITE);
    }
    puts("not reached");
}

int main(int argc, char **argv) {
    setvbuf(stdout, nullptr, _IONBF, 0);
    if (argc > 1) {
        ends(argv[1]);
        return 0;
    }
    from_the_dll();
    through_the_dll();
    nested();
    constructors();
    destructors();
    depths();
    between_threads();
    return 0;
}
