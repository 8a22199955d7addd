// C++ exceptions of a compiler that brings its own runtime (libgcc's, linked in): thrown through frames, from constructors and destructors,
// rethrown, nested, through system code, on many threads.
#include <exception>
#include <stdexcept>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int alive;

struct Counted {
    int id;
    explicit Counted(int id) : id(id) { alive++; }
    Counted(const Counted &other) : id(other.id) { alive++; }
    ~Counted() { alive--; }
};

struct Derived : Counted {
    using Counted::Counted;
};

__attribute__((noinline)) static int deep(int depth, int value) {
    Counted local(depth);
    if (!depth)
        throw value;
    int result = deep(depth - 1, value);
    __asm__ volatile("" : "+r"(result));
    return result + local.id;
}

static void depths() {
    for (int depth : {0, 1, 20, 1000}) {
        try {
            deep(depth, depth + 5);
        } catch (int caught) {
            printf("from depth %d: %d, alive %d\n", depth, caught, alive);
        }
    }
}

static void types() {
    try {
        throw Derived(3);
    } catch (const Counted &caught) {
        printf("by its base: %d\n", caught.id);
    }
    try {
        throw std::runtime_error("text");
    } catch (const std::exception &caught) {
        printf("what: %s\n", caught.what());
    }
    try {
        try {
            throw 1.5;
        } catch (int) {
            printf("not reached\n");
        }
    } catch (...) {
        printf("anything\n");
    }
    printf("alive: %d\n", alive);
}

struct Throws {
    Counted member;
    Throws() : member(1) { throw 7; }
};

static void constructors() {
    try {
        Throws never;
    } catch (int caught) {
        printf("from a constructor: %d, alive %d\n", caught, alive);
    }
    try {
        Throws *never = new Throws;
        printf("not reached %p\n", (void *)never);
    } catch (int caught) {
        printf("from new: %d, alive %d\n", caught, alive);
    }
}

struct Catches {
    ~Catches() {
        try {
            throw 2;
        } catch (int caught) {
            printf("within a destructor: %d, uncaught %d\n", caught, std::uncaught_exceptions());
        }
    }
};

static void nested() {
    try {
        Catches object;
        throw 1;
    } catch (int caught) {
        printf("around it: %d\n", caught);
    }
    try {
        try {
            throw 1;
        } catch (int first) {
            try {
                throw first + 1;
            } catch (int second) {
                printf("in a handler: %d %d\n", first, second);
                throw second + 1;
            }
        }
    } catch (int third) {
        printf("out of a handler: %d\n", third);
    }
    try {
        try {
            throw Counted(9);
        } catch (Counted &caught) {
            caught.id = 10;
            throw;
        }
    } catch (const Counted &again) {
        printf("again: %d\n", again.id);
    }
    printf("alive: %d\n", alive);
    std::exception_ptr kept;
    try {
        throw 33;
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (int caught) {
        printf("kept: %d\n", caught);
    }
}

static int compares(const void *, const void *) {
    static int calls;
    if (++calls % 3 == 0)
        throw calls;
    return 0;
}

static BOOL CALLBACK once(PINIT_ONCE, PVOID, PVOID *) {
    Counted local(1);
    throw 5;
}

static void through_others() {
    int numbers[20] = {};
    for (int round = 0; round < 2; round++) {
        try {
            Counted local(1);
            qsort(numbers, 20, sizeof *numbers, compares);
        } catch (int caught) {
            printf("through qsort: %d, alive %d\n", caught, alive);
        }
    }
    try {
        INIT_ONCE o = INIT_ONCE_STATIC_INIT;
        InitOnceExecuteOnce(&o, once, nullptr, nullptr);
    } catch (int caught) {
        printf("through InitOnceExecuteOnce: %d, alive %d\n", caught, alive);
    }
}

static void promises() noexcept {
    throw 1;
}

static DWORD WINAPI many(void *parameter) {
    int caught = 0;
    for (int i = 0; i < 300; i++) {
        try {
            if (i % 3)
                throw std::runtime_error("thread");
            throw i;
        } catch (int value) {
            caught += value == i;
        } catch (const std::exception &exception) {
            caught += !strcmp(exception.what(), "thread");
        }
    }
    (void)parameter;
    return (DWORD)caught;
}

static void threads() {
    HANDLE handles[16];
    for (HANDLE &handle : handles)
        handle = CreateThread(nullptr, 0, many, nullptr, 0, nullptr);
    WaitForMultipleObjects(16, handles, TRUE, INFINITE);
    DWORD caught = 0, one;
    for (HANDLE handle : handles) {
        GetExitCodeThread(handle, &one);
        caught += one;
    }
    printf("caught on 16 threads: %d\n", (int)caught);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        setvbuf(stdout, nullptr, _IONBF, 0);
        std::set_terminate([] {
            printf("terminate\n");
            exit(77);
        });
        if (!strcmp(argv[1], "noexcept"))
            promises();
        if (!strcmp(argv[1], "uncaught"))
            throw 1;
    }
    depths();
    types();
    constructors();
    nested();
    through_others();
    threads();
    return 0;
}
