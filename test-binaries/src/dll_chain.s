# A DLL without code or entry point: one export, a forwarder to a forwarder.
    .section .edata, "dr"
    .long 0, 0, 0
    .rva library
    .long 5, 1, 1
    .rva function, name, ordinal
function: .rva to_seven
name:     .rva n_seven
ordinal:  .short 0
library:  .asciz "dll_chain.dll"
to_seven: .asciz "dll_fwd.f_seven"
n_seven:  .asciz "c_seven"
