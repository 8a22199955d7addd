// System call instructions that the program writes while it runs: in pages of all kinds, at any offset, in another instruction, on other
// threads, and changed afterwards.
#include "rawcall.h"

static DWORD n_close, n_create_event, n_query_time, n_set_event, n_reset_event, n_wait;

// What a call of `NtClose` on no handle gives.
static STATUS closing(const void *code) {
    return CALL(code, BAD_HANDLE, 0, 0, 0, 0, 0);
}

static BYTE *number_at(BYTE *at, DWORD number) {
    memcpy(at, &number, 4);
    return at;
}

static DWORD protect(void *code, SIZE_T size, DWORD protection) {
    DWORD old = 0;
    VirtualProtect(code, size, protection, &old);
    return old;
}

// An inline system call: no stub, the instruction in the middle of a function that has a frame and local variables around it.
//   push rbx; sub rsp, 60h; five arguments as a call has them; mov r10, rcx; mov eax, number; INSTRUCTION; status and marks looked at
static SIZE_T put_inline(BYTE *code, DWORD number, const BYTE *instruction) {
    static const BYTE before[] = {
        0x53,                                                       // push rbx
        0x48, 0x83, 0xec, 0x60,                                     // sub rsp, 60h
        0x48, 0xbb, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, // mov rbx, 1122334455667788h
        0x48, 0x89, 0x1c, 0x24,                                     // mov [rsp], rbx: below the arguments
        0x48, 0x89, 0x5c, 0x24, 0x08,                               // mov [rsp + 8], rbx: where a call would have home space
        0x48, 0x89, 0x5c, 0x24, 0x38,                               // mov [rsp + 38h], rbx: above the arguments
        0x48, 0xc7, 0x44, 0x24, 0x28, 0x01, 0x00, 0x00, 0x00,       // mov qword ptr [rsp + 28h], 1: the fifth argument
        0x49, 0x89, 0xca,                                           // mov r10, rcx
        0xb8,                                                       // mov eax, number
    };
    static const BYTE behind[] = {
        0x48, 0x3b, 0x1c, 0x24,       // cmp rbx, [rsp]
        0x75, 0x14,                   // jne bad
        0x48, 0x3b, 0x5c, 0x24, 0x08, // cmp rbx, [rsp + 8]
        0x75, 0x0d,                   // jne bad
        0x48, 0x3b, 0x5c, 0x24, 0x38, // cmp rbx, [rsp + 38h]
        0x75, 0x06,                   // jne bad
        0x48, 0x83, 0xc4, 0x60,       // add rsp, 60h
        0x5b,                         // pop rbx
        0xc3,                         // ret
        0xb8, 0xff, 0xff, 0xff, 0xff, // bad: mov eax, -1
        0x48, 0x83, 0xc4, 0x60, 0x5b, 0xc3,
    };
    BYTE *at = code;
    memcpy(at, before, sizeof before), at += sizeof before;
    number_at(at, number), at += 4;
    memcpy(at, instruction, 2), at += 2;
    memcpy(at, behind, sizeof behind), at += sizeof behind;
    return at - code;
}

static HANDLE go, done;
static BYTE *volatile for_thread;
static volatile STATUS from_thread;

// Begins before there is any such instruction, and runs the first ones it is given.
static DWORD WINAPI thread(void *unused) {
    (void)unused;
    for (;;) {
        WaitForSingleObject(go, INFINITE);
        if (!for_thread)
            return 0;
        from_thread = closing(for_thread);
        SetEvent(done);
    }
}

static STATUS on_thread(BYTE *code) {
    for_thread = code;
    SetEvent(go);
    WaitForSingleObject(done, 5000);
    return from_thread;
}

static volatile DWORD raised_code;
static volatile ULONG_PTR raised_offset;
static BYTE *volatile faulting;

static LONG CALLBACK skip(EXCEPTION_POINTERS *pointers) {
    BYTE *at = (BYTE *)pointers->ContextRecord->Rip;
    if (at < faulting || at >= faulting + 16)
        return EXCEPTION_CONTINUE_SEARCH;
    raised_code = pointers->ExceptionRecord->ExceptionCode;
    raised_offset = at - faulting;
    // To the `ret` behind.
    pointers->ContextRecord->Rip = (DWORD64)(faulting + 15);
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void) {
    n_close = number_of("NtClose");
    n_create_event = number_of("NtCreateEvent");
    n_query_time = number_of("NtQuerySystemTime");
    n_set_event = number_of("NtSetEvent");
    n_reset_event = number_of("NtResetEvent");
    n_wait = number_of("NtWaitForSingleObject");
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    done = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE early = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    BYTE bytes[256];

    // Written first, made executable then.
    put_plain(bytes, n_close);
    BYTE *finished = finished_code(bytes, PLAIN_SIZE);
    HEX("written, then executable", closing(finished));
    HEX("again", closing(finished));
    HEX("on a thread that began before", on_thread(finished));
    memcpy(bytes, "\xb8\0\0\0\0\x49\x89\xca\x0f\x05\xc3", 11);
    number_at(bytes + 1, n_close);
    HEX("with the number loaded first", closing(finished_code(bytes, 11)));
    memcpy(bytes, "\x49\x89\xca\x8b\x05\x03\0\0\0\x0f\x05\xc3", 12);
    number_at(bytes + 12, n_close);
    BYTE *from_memory = finished_code(bytes, 16);
    HEX("with the number loaded from memory", closing(from_memory));
    HEX("again", closing(from_memory));
    memcpy(bytes, "\x49\x89\xca\x89\xd0\x0f\x05\xc3", 8);
    BYTE *from_register = finished_code(bytes, 8);
    HEX("with the number from a register", CALL(from_register, BAD_HANDLE, n_close, 0, 0, 0, 0));
    HEX("another one", CALL(from_register, BAD_HANDLE, 0x1ffe, 0, 0, 0, 0));

    // Writable and executable at once, at any offset.
    BYTE *both = writable_code(0x3000);
    int right = 0;
    for (int offset = 0; offset < 16; offset++) {
        put_plain(both + 32 * offset + offset, n_close);
        right += closing(both + 32 * offset + offset) == 0xc0000008;
    }
    NUM("in writable pages at each offset", right);
    right = 0;
    for (int offset = 0; offset < PLAIN_SIZE; offset++) {
        put_plain(both + 0x1000 - offset, n_close);
        right += closing(both + 0x1000 - offset) == 0xc0000008;
    }
    NUM("across pages", right);
    HEX("on a thread that began before", on_thread(both));
    right = 0;
    for (DWORD round = 0; round < 16; round++) {
        number_at(both + 4, round & 1 ? n_close : 0x1f00 + round);
        right += closing(both) == (round & 1 ? 0xc0000008 : 0xc000001c);
    }
    NUM("with the number rewritten each time", right);
    memcpy(both + 0x800, "\xb8\x01\0\0\0\xc3", 6);
    NUM("something else", closing(both + 0x800));
    put_plain(both + 0x800, n_close);
    HEX("then a call in its place", closing(both + 0x800));
    memcpy(both + 0x800, "\xb8\x02\0\0\0\xc3", 6);
    NUM("then something else again", closing(both + 0x800));

    // Made executable, changed, made executable again.
    right = 0;
    for (int round = 0; round < 8; round++) {
        protect(finished, 0x1000, PAGE_READWRITE);
        put_plain(bytes, round & 1 ? n_close : 0x1f00);
        if (round)
            number_at(finished + 4, round & 1 ? n_close : 0x1f00);
        else
            right += !memcmp(finished + 8, "\x0f\x05\xc3", 3) && stub_number(finished) == n_close, put_plain(finished, 0x1f00);
        protect(finished, 0x1000, PAGE_EXECUTE_READ);
        right += closing(finished) == (round & 1 ? 0xc0000008 : 0xc000001c);
        right += closing(finished) == (round & 1 ? 0xc0000008 : 0xc000001c);
    }
    NUM("changed and finished again", right);
    protect(finished, 0x1000, PAGE_EXECUTE_READWRITE);
    NUM("what is read when it can be written is what was written", !memcmp(finished + 8, "\x0f\x05\xc3", 3) && stub_number(finished) == n_close);
    HEX("writable after it was finished", closing(finished));

    // In another instruction: `mov r10, rcx; mov eax, number; jmp over one byte; mov eax, 90c3050fh`.
    put_plain(bytes, n_close);
    memcpy(bytes + 8, "\xeb\x01\xb8\x0f\x05\xc3\x90\xc3", 8);
    BYTE *hidden = finished_code(bytes, 16);
    HEX("in another instruction", closing(hidden));
    memcpy(both + 0x900, bytes, 16);
    HEX("in another instruction in writable pages", closing(both + 0x900));
    HEX("on a thread that began before", on_thread(hidden));

    // By the older instruction.
    put_plain(bytes, n_close);
    memcpy(bytes + 8, "\xcd\x2e\xc3", 3);
    BYTE *older = finished_code(bytes, PLAIN_SIZE);
    HEX("int 2e", closing(older));
    HEX("again", closing(older));
    HEX("on a thread that began before", on_thread(older));
    memcpy(both + 0xa00, bytes, PLAIN_SIZE);
    HEX("int 2e in writable pages", closing(both + 0xa00));
    put_plain(bytes, 0x1f00);
    memcpy(bytes + 8, "\xcd\x2e\xc3", 3);
    HEX("int 2e with a number that is no service's", closing(finished_code(bytes, PLAIN_SIZE)));

    // In the middle of a function.
    for (int i = 0; i < 4; i++) {
        const BYTE *instruction = (const BYTE *)(i & 1 ? "\xcd\x2e" : "\x0f\x05");
        SIZE_T size = put_inline(bytes, n_create_event, instruction);
        BYTE *code = i & 2 ? memcpy(both + 0xb00 + 0x100 * (i & 1), bytes, size) : finished_code(bytes, size);
        int good = 1;
        for (int round = 0; round < 3; round++) {
            HANDLE event = NULL;
            good &= CALL(code, &event, EVENT_ALL_ACCESS, 0, 1, 0, 0) == 0;
            // The fifth argument says that it is set; the fourth, that it resets itself.
            good &= WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && WaitForSingleObject(event, 0) == WAIT_TIMEOUT;
            CloseHandle(event);
        }
        char line[80];
        snprintf(line, sizeof line, "%s in the middle of a function%s", i & 1 ? "int 2e" : "syscall", i & 2 ? " in writable pages" : "");
        NUM(line, good);
    }

    // On a stack that is not aligned as a function's: push rax; stub; pop rdx. `push rax; mov r10, rcx; mov eax, number; syscall; pop rdx; ret`
    memcpy(bytes, "\x50\x4c\x8b\xd1\xb8\0\0\0\0\x0f\x05\x5a\xc3", 13);
    number_at(bytes + 5, n_close);
    BYTE *crooked = finished_code(bytes, 13);
    HEX("on a stack that is not aligned", closing(crooked));
    HEX("again", closing(crooked));
    // `mov rax, rcx` in place of what the kernel leaves in rcx: where it came back to.
    memcpy(bytes, "\x4c\x8b\xd1\xb8\0\0\0\0\x0f\x05\x48\x8b\xc1\xc3", 14);
    number_at(bytes + 4, n_close);
    BYTE *where = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    memcpy(where, bytes, 14);
    NUM("rcx is where it came back to", (uint32_t)closing(where) == (uint32_t)(ULONG_PTR)(where + 10));

    // Two views of the same memory.
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 0x1000, NULL);
    BYTE *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    BYTE *shown = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0);
    put_plain(view, n_close);
    HEX("written by another view", closing(shown));
    number_at(view + 4, 0x1f00);
    HEX("changed by the other view", closing(shown));
    HEX("on a thread that began before", on_thread(shown));

    DWORD before;
    BYTE *third = MapViewOfFile(section, FILE_MAP_WRITE | FILE_MAP_EXECUTE, 0, 0, 0);
    NUM("a view is made executable later", VirtualProtect(third, 0x1000, PAGE_EXECUTE_READ, &before));
    HEX("as the other view says", closing(third));
    number_at(view + 4, n_close);
    HEX("changed by the other view", closing(third));

    // In a heap's block.
    HANDLE heap = HeapCreate(0, 0, 0);
    BYTE *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 0x3000);
    BYTE *page = (BYTE *)(((ULONG_PTR)block + 0xfff) & ~(ULONG_PTR)0xfff);
    put_plain(page, n_close);
    NUM("a heap's page is made executable", protect(page, 0x1000, PAGE_EXECUTE_READWRITE) == PAGE_READWRITE);
    HEX("in a heap's block", closing(page));
    put_plain(page, number_of("NtTerminateProcess"));
    HEX("ending no process from there", CALL(page, BAD_HANDLE, 1, 0, 0, 0, 0));
    memcpy(page + 8, "\xcd\x2e", 2);
    HEX("by int 2e", CALL(page, BAD_HANDLE, 1, 0, 0, 0, 0));
    FILE *file = tmpfile();
    NUM("files work as before", file && fputs("text", file) >= 0 && !fclose(file));
    protect(page, 0x1000, PAGE_READWRITE);

    // What Linux has besides is nothing on Windows.
    AddVectoredExceptionHandler(1, skip);
    memset(bytes, 0x90, 16);
    memcpy(bytes, "\xb8\x27\0\0\0\xcd\x80", 7);
    bytes[15] = 0xc3;
    faulting = finished_code(bytes, 16);
    closing(faulting);
    HEX("int 80 is an access violation", raised_code);
    NUM("at the instruction", raised_offset);

    for_thread = NULL;
    SetEvent(go);
    NUM("the thread ends", WaitForSingleObject(early, 5000));
    // A thread that begins later.
    for_thread = hidden;
    HANDLE late = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    HEX("on a thread that began later", on_thread(hidden));
    for_thread = NULL;
    SetEvent(go);
    NUM("it ends", WaitForSingleObject(late, 5000));
    return 0;
}
