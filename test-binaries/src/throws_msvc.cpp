// C++ exceptions of Microsoft's ABI, of a program that uses the runtime's DLLs: what catches what, in which order objects end, catch blocks in
// catch blocks, exceptions out of constructors, destructors and catch blocks, through system code and another module, on many threads.
#include "msvc.h"

extern "C" {
__declspec(dllimport) void throw_from_dll(int kind);
}

// The text that says in which order things happened.
static char trail[128];
static int length;

static void mark(char c) {
    if (length < 127) {
        trail[length++] = c;
        trail[length] = 0;
    }
}

static void start_over() {
    length = 0;
    trail[0] = 0;
}

static void shows(const char *name) {
    line(name, trail);
    start_over();
}

static int alive;

struct Counted {
    int id;
    Counted(int id) : id(id) { alive++; }
    Counted(const Counted &other) : id(other.id) { alive++; }
    ~Counted() { alive--; }
};

struct Traced {
    char name;
    Traced(char name) : name(name) { mark(name); }
    Traced(const Traced &other) : name(other.name) { mark('='); }
    ~Traced() { mark((char)(name - 'a' + 'A')); }
};

struct A {
    int a = 1;
    virtual ~A() {}
};
struct B {
    int b = 2;
    virtual ~B() {}
};
struct AB : A, B {
    int ab = 3;
};
struct Root {
    int root = 10;
    virtual ~Root() {}
};
struct Left : virtual Root {
    int left = 11;
};
struct Right : virtual Root {
    int right = 12;
};
struct Diamond : Left, Right {
    int bottom = 13;
    Diamond() {}
    Diamond(const Diamond &other) : Root(other), Left(other), Right(other), bottom(other.bottom + 100) { mark('v'); }
};
struct TwoRoots1 : Root {};
struct TwoRoots2 : Root {};
struct TwoRoots : TwoRoots1, TwoRoots2 {};
struct Hidden : private A {
    int hidden = 5;
};
enum Colour { RED = 7 };
struct Big {
    int values[40];
};

__declspec(noinline) static void raise_int(int value) { throw value; }

static void simple_types() {
    try {
        throw 5;
    } catch (int caught) {
        check("int", caught);
    }
    try {
        throw 6;
    } catch (const int &caught) {
        check("const int &", caught);
    }
    try {
        throw 'c';
    } catch (int) {
        check("char as int", 1);
    } catch (char caught) {
        check("char", caught);
    }
    try {
        throw 7u;
    } catch (int) {
        check("unsigned as int", 1);
    } catch (unsigned caught) {
        check("unsigned", caught);
    }
    try {
        throw RED;
    } catch (int) {
        check("enum as int", 1);
    } catch (Colour caught) {
        check("enum", caught);
    }
    try {
        throw 2.5;
    } catch (float) {
        check("double as float", 1);
    } catch (double caught) {
        check("double", (int)(caught * 10));
    }
    try {
        throw 0x123456789abcdefll;
    } catch (long long caught) {
        check("long long", caught);
    }
    try {
        throw Big{{1, 2, 3}};
    } catch (Big caught) {
        check("structure", caught.values[2] + caught.values[39]);
    }
    try {
        throw "text";
    } catch (char *) {
        line("text", "char *");
    } catch (const char *caught) {
        line("text", caught);
    }
    try {
        throw &raise_int;
    } catch (void (*caught)(int)) {
        check("function pointer", caught == &raise_int);
    }
}

static void references() {
    try {
        try {
            throw 1;
        } catch (int &caught) {
            caught = 42;
            throw;
        }
    } catch (int caught) {
        check("changed by reference", caught);
    }
    try {
        try {
            throw 1;
        } catch (int caught) {
            caught += 41;
            check("changed", caught);
            throw;
        }
    } catch (int caught) {
        check("changed by value", caught);
    }
}

static void pointers() {
    AB object;
    try {
        throw &object;
    } catch (B *caught) {
        check("pointer to second base", caught == static_cast<B *>(&object));
        check("its member", caught->b);
    }
    try {
        throw &object;
    } catch (void *caught) {
        check("void *", caught == &object);
    }
    try {
        throw(const AB *) & object;
    } catch (AB *) {
        check("const dropped", 1);
    } catch (const A *caught) {
        check("pointer to const base", caught->a);
    }
    try {
        throw(AB *) nullptr;
    } catch (B *caught) {
        check("null pointer to second base", caught == nullptr);
    }
    try {
        throw nullptr;
    } catch (int) {
        check("nullptr as int", 1);
    } catch (decltype(nullptr)) {
        check("nullptr", 1);
    }
    Diamond diamond;
    try {
        throw &diamond;
    } catch (Root *caught) {
        check("pointer to virtual base", caught->root);
    }
    try {
        throw &object;
    } catch (AB *&caught) {
        check("reference to own pointer", caught->ab);
    }
    try {
        throw(volatile int *) nullptr;
    } catch (int *) {
        check("volatile dropped", 1);
    } catch (volatile int *) {
        check("volatile kept", 1);
    }
}

static void hierarchies() {
    try {
        throw AB();
    } catch (B &caught) {
        check("second base", caught.b);
    }
    try {
        throw AB();
    } catch (B caught) {
        check("second base by value", caught.b);
    }
    try {
        throw AB();
    } catch (AB &caught) {
        check("itself", caught.ab);
    }
    try {
        throw Diamond();
    } catch (Root &caught) {
        check("virtual base", caught.root);
    }
    start_over();
    try {
        throw Diamond();
    } catch (Diamond caught) {
        check("with a virtual base by value", caught.root + caught.left + caught.right + caught.bottom);
    }
    shows("copied");
    try {
        throw Diamond();
    } catch (Right caught) {
        check("base with a virtual base by value", caught.right + caught.root);
    }
    try {
        throw TwoRoots();
    } catch (Root &) {
        check("ambiguous base", 1);
    } catch (TwoRoots2 &caught) {
        check("unambiguous base", caught.root);
    }
    try {
        throw Hidden();
    } catch (A &) {
        check("private base", 1);
    } catch (Hidden &caught) {
        check("private base's heir", caught.hidden);
    }
}

static void order() {
    start_over();
    try {
        Traced a('a');
        Traced b('b');
        throw Traced('x');
    } catch (Traced &caught) {
        mark('(');
        mark(caught.name);
        mark(')');
    }
    shows("objects, then the block, then the exception");
    try {
        Traced a('a');
        throw Traced('x');
    } catch (Traced caught) {
        mark('|');
    }
    shows("by value");
    try {
        try {
            Traced a('a');
            throw Traced('x');
        } catch (Traced &) {
            Traced b('b');
            throw;
        }
    } catch (Traced &caught) {
        mark(caught.name);
    }
    shows("rethrown");
    try {
        try {
            throw Traced('x');
        } catch (Traced &) {
            Traced b('b');
            throw Traced('y');
        }
    } catch (Traced &caught) {
        mark('|');
    }
    shows("another one out of the block");
    for (char c = 'a'; c < 'd'; c++) {
        try {
            Traced one(c);
            if (c == 'b')
                throw 1;
            if (c == 'c')
                break;
        } catch (int) {
            mark('!');
            continue;
        }
        mark(';');
    }
    shows("left by continue and break");
}

struct Member {
    Traced first;
    Traced second;
    Member(int value) : first('m'), second((raise_int(value), 'n')) {}
};

struct Base {
    Traced part;
    Base() : part('p') {}
};

struct Heir : Base {
    Traced own;
    Heir() try : own((raise_int(3), 'o')) {
        mark('!');
    } catch (int caught) {
        mark((char)('0' + caught));
    }
};

static int function_block(int value) try {
    raise_int(value);
    return 0;
} catch (int caught) {
    return caught * 2;
}

static void constructors() {
    start_over();
    try {
        Member never(4);
    } catch (int caught) {
        mark((char)('0' + caught));
    }
    shows("from a member's initialiser");
    try {
        Heir never;
    } catch (int caught) {
        mark((char)('a' + caught));
    }
    shows("through a constructor's try block");
    check("function try block", function_block(21));
    try {
        Member *never = new Member(2);
        delete never;
    } catch (int caught) {
        mark((char)('0' + caught));
    }
    shows("from new");
    struct Several {
        Traced traced;
        Several() : traced('e') {
            if (length == 3)
                throw 9;
        }
    };
    try {
        Several several[5];
    } catch (int) {
    }
    shows("from an array's third element");
}

struct Safe {
    ~Safe() {
        try {
            raise_int(8);
        } catch (int caught) {
            mark((char)('0' + caught));
            mark((char)('0' + __uncaught_exceptions()));
        }
    }
};

static void destructors() {
    start_over();
    try {
        Safe safe;
        raise_int(1);
    } catch (int caught) {
        mark((char)('0' + caught));
    }
    shows("thrown and caught in a destructor");
    struct Counts {
        ~Counts() { mark((char)('0' + __uncaught_exceptions())); }
    };
    try {
        { Counts none; }
        Counts one;
        raise_int(1);
    } catch (int) {
        mark((char)('0' + __uncaught_exceptions()));
        Counts none;
    }
    shows("uncaught exceptions");
    struct Throws {
        ~Throws() noexcept(false) { raise_int(6); }
    };
    try {
        Traced a('a');
        Throws throws;
        mark('.');
    } catch (int caught) {
        mark((char)('0' + caught));
    }
    shows("from a destructor");
}

static void nested() {
    start_over();
    try {
        raise_int(1);
    } catch (int outer) {
        try {
            raise_int(2);
        } catch (int inner) {
            try {
                raise_int(3);
            } catch (int innermost) {
                check("three blocks deep", outer * 100 + inner * 10 + innermost);
            }
            check("two blocks deep", outer * 100 + inner * 10);
        }
        check("one block deep", outer * 100);
    }
    try {
        try {
            raise_int(1);
        } catch (int) {
            try {
                throw 'c';
            } catch (int) {
                check("char as int", 1);
            }
        }
    } catch (char caught) {
        check("out of a nested block", caught);
    }
    try {
        try {
            raise_int(7);
        } catch (...) {
            try {
                throw;
            } catch (int caught) {
                check("rethrown inside", caught);
            }
            throw;
        }
    } catch (int caught) {
        check("and out", caught);
    }
    try {
        throw Traced('x');
    } catch (...) {
        try {
            throw;
        } catch (Traced &caught) {
            mark(caught.name);
        }
        mark('.');
        try {
            throw Traced('y');
        } catch (...) {
        }
        mark('.');
    }
    shows("lives while a block has it");
    try {
        try {
            try {
                raise_int(1);
            } catch (char) {
                check("int as char", 1);
            }
        } catch (long) {
            check("int as long", 1);
        }
    } catch (int caught) {
        check("outermost", caught);
    }
    int sum = 0;
    for (int i = 0; i < 100; i++) {
        try {
            try {
                raise_int(i);
            } catch (int &caught) {
                caught++;
                if (i % 2)
                    throw;
                sum += caught;
            }
        } catch (int caught) {
            sum += 1000 * caught;
        }
    }
    check("in a loop", sum);
}

static void thrower(int kind) {
    Counted local(kind);
    switch (kind) {
    case 0:
        throw 1;
    case 1:
        throw Counted(2);
    case 2:
        throw "x";
    default:
        throw AB();
    }
}

static const char *sort_out() {
    try {
        throw;
    } catch (int) {
        return "int";
    } catch (Counted &) {
        return "Counted";
    } catch (const char *) {
        return "text";
    } catch (A &) {
        return "A";
    } catch (...) {
        return "other";
    }
}

static void dispatchers() {
    for (int kind = 0; kind < 4; kind++) {
        try {
            thrower(kind);
        } catch (...) {
            line("rethrown in a function called", sort_out());
        }
    }
    check("alive", alive);
}

__declspec(noinline) static int deep(int depth, int value) {
    Counted local(depth);
    if (!depth)
        throw value;
    int result = deep(depth - 1, value);
    return result + local.id;
}

__declspec(noinline) static int rethrows(int depth) {
    try {
        if (!depth)
            throw 1;
        return rethrows(depth - 1);
    } catch (int &caught) {
        caught++;
        throw;
    }
}

static void thrown_from_deep() {
    static const int depths[] = {0, 1, 20, 1000};
    for (int depth : depths) {
        try {
            deep(depth, depth + 5);
        } catch (int caught) {
            check("from a depth", caught);
            check("alive", alive);
        }
    }
    try {
        rethrows(7);
    } catch (int caught) {
        check("rethrown at each of 8 frames", caught);
    }
}

static DWORD many(void *argument) {
    long long *sum = (long long *)argument;
    int own = 0;
    struct Local {
        int &count;
        Local(int &count) : count(count) { count++; }
        ~Local() { count--; }
    };
    for (int i = 0; i < 200; i++) {
        try {
            Local a(own);
            try {
                Local b(own);
                throw i;
            } catch (char) {
            } catch (int &caught) {
                Local c(own);
                caught += own;
                throw;
            }
        } catch (int caught) {
            *sum += caught;
        }
    }
    *sum += 1000000 * own;
    return 0;
}

static void threads() {
    void *handles[16];
    long long sums[16];
    for (int i = 0; i < 16; i++) {
        sums[i] = 0;
        handles[i] = CreateThread(nullptr, 0, many, &sums[i], 0, nullptr);
    }
    long long total = 0;
    for (int i = 0; i < 16; i++) {
        WaitForSingleObject(handles[i], (DWORD)-1);
        CloseHandle(handles[i]);
        total += sums[i];
    }
    check("16 threads", total);
}

static int from_callback(char *) {
    Counted local(1);
    throw Counted(77);
}

static void through_others() {
    try {
        Counted local(2);
        EnumSystemLocalesA(from_callback, 1);
    } catch (Counted &caught) {
        check("through system code", caught.id);
    }
    check("alive", alive);
    for (int kind = 0; kind < 3; kind++) {
        try {
            throw_from_dll(kind);
        } catch (int caught) {
            check("int from a DLL", caught);
        } catch (const char *caught) {
            line("text from a DLL", caught);
        } catch (B &caught) {
            check("a class from a DLL, by its second base", caught.b);
        }
    }
}

static void current() {
    check("current outside", *__current_exception() != nullptr);
    try {
        raise_int(1);
    } catch (int &caught) {
        void **record = *__current_exception();
        check("current inside", record != nullptr);
        check("its code", *(unsigned *)record == 0xE06D7363);
        check("its object", record[5] == &caught);
        check("its context", *__current_exception_context() != nullptr);
        try {
            throw 'c';
        } catch (char) {
            check("another one inside", *__current_exception() != record);
        }
        check("the first one again", *__current_exception() == record);
        check("on their way", *__processing_throw());
    }
    check("current behind", *__current_exception() != nullptr);
}

__declspec(noinline) static void passes(void (*function)()) {
    try {
        function();
    } catch (...) {
        line("catch (...) of a fault", "caught");
    }
}

static void faults() {
    // Compiled for C++ exceptions only: catch (...) sees no other.
    __try {
        passes([] { RaiseException(0xE0001234, 0, 0, nullptr); });
    } __except (1) {
        line("an exception of the system's", "passed catch (...)");
    }
}

static void ends_badly() {
    line("terminate", "called");
    ExitProcess(17);
}

__declspec(noinline) static void promises() noexcept { raise_int(1); }

struct ThrowsInCopy {
    ThrowsInCopy() {}
    ThrowsInCopy(const ThrowsInCopy &) {
        line("copy", "throws");
        throw 2;
    }
};
// The exception's object is made where it stands, without a copy.
static void throw_uncopied() { throw ThrowsInCopy(); }

struct ThrowsAtEnd {
    ~ThrowsAtEnd() noexcept(false) {
        line("destructor", "throws");
        throw 3;
    }
};

static void ends(const char *how) {
    set_terminate(ends_badly);
    try {
        if (ends_with(how, "noexcept")) {
            promises();
        } else if (ends_with(how, "nothing")) {
            throw;
        } else if (ends_with(how, "destructor")) {
            ThrowsAtEnd last;
            raise_int(1);
        } else if (ends_with(how, "copy")) {
            try {
                throw_uncopied();
            } catch (ThrowsInCopy caught) {
                line("copy", "caught");
            } catch (int) {
                line("copy", "caught its exception");
            }
        }
    } catch (...) {
        line("not ended", "caught");
    }
}

// Laid out as Visual C++'s: what it says is behind its table of functions.
namespace std {
class exception {
public:
    explicit exception(const char *text) : text(text), owned(false) {}
    exception(const exception &other) : text(other.text), owned(false) {}
    virtual ~exception() {}
    virtual const char *what() const { return text; }

    const char *text;
    bool owned;
};
} // namespace std

namespace shop {
class SoldOut : public std::exception {
public:
    SoldOut() : exception("no screws are left") {}
};
} // namespace shop

__attribute__((noinline)) static void buy() {
    throw shop::SoldOut();
}

extern "C" void start() {
    const char *how = GetCommandLineA();
    if (ends_with(how, " unhandled")) {
        buy();
        ExitProcess(1);
    }
    if (ends_with(how, " noexcept") || ends_with(how, " nothing") || ends_with(how, " destructor") || ends_with(how, " copy")) {
        ends(how);
        ExitProcess(1);
    }
    simple_types();
    references();
    pointers();
    hierarchies();
    order();
    constructors();
    destructors();
    nested();
    dispatchers();
    thrown_from_deep();
    threads();
    through_others();
    current();
    faults();
    check("alive at the end", alive);
    ExitProcess(0);
}
