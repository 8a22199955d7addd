# The export directory of dll_fwd.dll: forwarders by name, by ordinal and to a system DLL, and one function of its own.
    .section .edata, "dr"
    .long 0, 0, 0
    .rva library
    .long 1, 4, 4
    .rva functions, names, ordinals
functions:
    .rva to_add, f_own, to_seven, to_tick
names:
    .rva n_add, n_own, n_seven, n_tick
ordinals:
    .short 0, 1, 2, 3
library:  .asciz "dll_fwd.dll"
to_add:   .asciz "dll_a.a_add"
to_seven: .asciz "dll_a.#7"
to_tick:  .asciz "KERNEL32.GetTickCount"
n_add:    .asciz "f_add"
n_own:    .asciz "f_own"
n_seven:  .asciz "f_seven"
n_tick:   .asciz "f_tick"
