# Functions with the compressed tables of __CxxFrameHandler4, which clang does not make: numbers below 128 are a byte, twice the number.

    .text

# int catches(int (*function)(int), int argument): what the function returns, or 1000 and the int that it throws.
    .globl catches
    .seh_proc catches
catches:
    pushq %rbp
    .seh_pushreg %rbp
    subq $64, %rsp
    .seh_stackalloc 64
    .seh_endprologue
    movq %rcx, %rax
    movl %edx, %ecx
.Ltry1:
    callq *%rax
    nop
.Lend1:
    movl %eax, 40(%rsp)
.Lafter1:
    movl 40(%rsp), %eax
    addq $64, %rsp
    popq %rbp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long info1@IMGREL
    .text
    .seh_endproc

    .seh_proc block1
block1:
    movq %rdx, 16(%rsp)
    pushq %rbp
    .seh_pushreg %rbp
    subq $32, %rsp
    .seh_stackalloc 32
    .seh_endprologue
    movq %rdx, %rbp
    movl 32(%rbp), %eax
    addl $1000, %eax
    movl %eax, 40(%rbp)
    xorl %eax, %eax
    addq $32, %rsp
    popq %rbp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long block_info@IMGREL
    .text
    .seh_endproc

# int destroys(int (*function)(int), int argument): has an object, a pointer to one and an action to end.
    .globl destroys
    .seh_proc destroys
destroys:
    pushq %rbp
    .seh_pushreg %rbp
    subq $64, %rsp
    .seh_stackalloc 64
    .seh_endprologue
    movl $'a', 48(%rsp)
    leaq object_b(%rip), %rax
    movq %rax, 56(%rsp)
    movq %rcx, %rax
    movl %edx, %ecx
.Ltry2:
    callq *%rax
    nop
.Lend2:
    addq $64, %rsp
    popq %rbp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long info2@IMGREL
    .text
    .seh_endproc

    .seh_proc action2
action2:
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    leaq object_c(%rip), %rcx
    callq ended
    nop
    addq $40, %rsp
    retq
    .seh_endproc

# int nests(int (*function)(int), int argument): calls the function again, with the int that it has thrown, in a try block in the catch block;
# 2000 and that int when that throws, too. The outer catch block goes on at the second of its two ways.
    .globl nests
    .seh_proc nests
nests:
    pushq %rbp
    .seh_pushreg %rbp
    subq $64, %rsp
    .seh_stackalloc 64
    .seh_endprologue
    movq %rcx, 48(%rsp)
    movq %rcx, %rax
    movl %edx, %ecx
.Ltry3:
    callq *%rax
    nop
.Lend3:
    movl %eax, 40(%rsp)
.Lfirst3:
    ud2
.Lsecond3:
    movl 40(%rsp), %eax
    addq $64, %rsp
    popq %rbp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long info3@IMGREL
    .text
    .seh_endproc

    .seh_proc block3
block3:
    movq %rdx, 16(%rsp)
    pushq %rbp
    .seh_pushreg %rbp
    subq $32, %rsp
    .seh_stackalloc 32
    .seh_endprologue
    movq %rdx, %rbp
    movl 32(%rbp), %ecx
    movl %ecx, 40(%rbp)
.Ltry4:
    callq *48(%rbp)
    nop
.Lend4:
    movl %eax, 40(%rbp)
.Lafter4:
    movl $1, %eax
    addq $32, %rsp
    popq %rbp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long info4@IMGREL
    .text
    .seh_endproc

# The block of a catch (...) in a catch block: gives the address at which to go on.
    .seh_proc block4
block4:
    movq %rdx, 16(%rsp)
    pushq %rbp
    .seh_pushreg %rbp
    subq $32, %rsp
    .seh_stackalloc 32
    .seh_endprologue
    movq %rdx, %rbp
    addl $2000, 40(%rbp)
    leaq .Lafter4(%rip), %rax
    addq $32, %rsp
    popq %rbp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long block_info@IMGREL
    .text
    .seh_endproc

# void promises(int (*function)(int), int argument): nothing may be thrown out of it.
    .globl promises
    .seh_proc promises
promises:
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    movq %rcx, %rax
    movl %edx, %ecx
    callq *%rax
    nop
    addq $40, %rsp
    retq
    .seh_handler __CxxFrameHandler4, @unwind, @except
    .seh_handlerdata
    .long info5@IMGREL
    .text
    .seh_endproc

    .data
object_b:
    .long 'b'
object_c:
    .long 'c'

    .section .rdata,"dr"
# A map of two states, a try block's and its catch block's, without actions.
two_states:
    .byte 4, 8, 16
no_ips:
    .byte 0
# What every catch block without objects has: where the function's frame is told.
block_info:
    .byte 0x29
    .long one_state@IMGREL, no_ips@IMGREL
    .byte 112
one_state:
    .byte 2, 8

info1:
    .byte 0x38
    .long two_states@IMGREL, tries1@IMGREL, ips1@IMGREL
tries1:
    .byte 2, 0, 0, 2
    .long handlers1@IMGREL
handlers1:
    .byte 2, 0x16
    .long "??_R0H@8"@IMGREL
    .byte 64
    .long block1@IMGREL
    .byte (.Lafter1 - catches) * 2
ips1:
    .byte 4, (.Ltry1 - catches) * 2, 2, (.Lend1 - .Ltry1) * 2, 0

# State 0 destroys the object at 48, 1 that which 56 points to, 2 calls a function. Entries are 6 bytes, 6 bytes and 5 bytes long.
info2:
    .byte 0x28
    .long states2@IMGREL, ips2@IMGREL
states2:
    .byte 6, (1 * 4 + 1) * 2
    .long ended@IMGREL
    .byte 96, (6 * 4 + 2) * 2
    .long ended@IMGREL
    .byte 112, (6 * 4 + 3) * 2
    .long action2@IMGREL
ips2:
    .byte 4, (.Ltry2 - destroys) * 2, 6, (.Lend2 - .Ltry2) * 2, 0

info3:
    .byte 0x38
    .long two_states@IMGREL, tries3@IMGREL, ips3@IMGREL
tries3:
    .byte 2, 0, 0, 2
    .long handlers3@IMGREL
handlers3:
    .byte 2, 0x26
    .long "??_R0H@8"@IMGREL
    .byte 64
    .long block3@IMGREL
    .byte (.Lfirst3 - nests) * 2, (.Lsecond3 - nests) * 2
ips3:
    .byte 4, (.Ltry3 - nests) * 2, 2, (.Lend3 - .Ltry3) * 2, 0

# State 0 is the catch block's own, 1 and 2 are those of the try block in it and of its catch block.
info4:
    .byte 0x39
    .long states4@IMGREL, tries4@IMGREL, ips4@IMGREL
    .byte 112
states4:
    .byte 6, 8, 8, 16
tries4:
    .byte 2, 2, 2, 4
    .long handlers4@IMGREL
handlers4:
    .byte 2, 0x01, 128
    .long block4@IMGREL
ips4:
    .byte 6, 0, 2, (.Ltry4 - block3) * 2, 4, (.Lend4 - .Ltry4) * 2, 2

info5:
    .byte 0x60
    .long no_ips@IMGREL
