// What Microsoft's compiler expects of the runtime's static part: memory, and the class behind every type's descriptor.
#include "msvc.h"

extern "C" int _fltused = 1;

void *operator new(size_t size) { return HeapAlloc(GetProcessHeap(), 0, size); }
void operator delete(void *memory) noexcept { HeapFree(GetProcessHeap(), 0, memory); }
void operator delete(void *memory, size_t) noexcept { HeapFree(GetProcessHeap(), 0, memory); }

class type_info {
public:
    virtual ~type_info();
};
type_info::~type_info() {}

// Has the class's virtual table made.
type_info *make_type_info() { return new type_info; }
