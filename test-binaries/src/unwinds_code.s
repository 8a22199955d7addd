# Functions whose unwind information is made by hand: together they have every code, in both versions, chained information, every form of an
# epilogue, and none at all. Each takes the function that it calls, and saves what it changes.

# An entry for NAME, from its label to NAME_end, with the information NAME_info.
.macro entry name
    .section .pdata, "dr"
    .rva \name, \name\()_end, \name\()_info
.endm

# Begins the information NAME_info: version and flags << 3, label behind the prologue, slots of codes, frame register and offset / 16 << 4.
.macro info name, version, slots, frame=0
    .section .xdata, "dr"
    .balign 4
\name\()_info:
    .byte \version, \name\()_body - \name, \slots, \frame
.endm

# A code: label behind its instruction, operation, its information.
.macro code name, at, operation, value
    .byte \name\()_\at - \name, \operation | \value << 4
.endm

.macro begin name
    .text
    .balign 16
    .globl \name, \name\()_checked
\name:
.endm

.set PUSH, 0
.set LARGE, 1
.set SMALL, 2
.set FRAME, 3
.set SAVE, 4
.set SAVE_FAR, 5
.set EPILOG, 6
.set XMM, 8
.set XMM_FAR, 9
.set MACHINE, 10

    .text
    .globl calls_nothing
calls_nothing:
    ret

tail:
    nop
    ret

    .data
tail_address:
    .quad tail

# All integer registers, a handler that has nothing to say.
begin pushes
    push %rbp
pushes_1:
    push %rbx
pushes_2:
    push %rsi
pushes_3:
    push %rdi
pushes_4:
    push %r12
pushes_5:
    push %r13
pushes_6:
    push %r14
pushes_7:
    push %r15
pushes_8:
    sub $40, %rsp
pushes_body:
    mov $1, %ebp
    mov $2, %ebx
    mov $3, %esi
    mov $4, %edi
    mov $5, %r12d
    mov $6, %r13d
    mov $7, %r14d
    mov $8, %r15d
    call *%rcx
    nop
    add $40, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rdi
    pop %rsi
    pop %rbx
    pop %rbp
    ret
pushes_checked:
pushes_end:
entry pushes
info pushes, 1 | 3 << 3, 9
code pushes, body, SMALL, 4
code pushes, 8, PUSH, 15
code pushes, 7, PUSH, 14
code pushes, 6, PUSH, 13
code pushes, 5, PUSH, 12
code pushes, 4, PUSH, 7
code pushes, 3, PUSH, 6
code pushes, 2, PUSH, 3
code pushes, 1, PUSH, 5
    .short 0
    .rva says_nothing
    .text
    .globl says_nothing, asked
says_nothing:
    incl asked(%rip)
    mov $1, %eax
    ret
    .data
asked:
    .long 0

# A frame of up to 512 KiB; registers saved by moves.
begin moves
    sub $0x1008, %rsp
moves_1:
    mov %rbx, 0x100(%rsp)
moves_2:
    mov %r14, 0x1000(%rsp)
moves_3:
    movaps %xmm6, 0x200(%rsp)
moves_4:
    movaps %xmm15, 0xff0(%rsp)
moves_body:
    mov $1, %ebx
    mov $2, %r14d
    xorps %xmm6, %xmm6
    xorps %xmm15, %xmm15
    call *%rcx
    nop
    movaps 0x200(%rsp), %xmm6
    movaps 0xff0(%rsp), %xmm15
    mov 0x100(%rsp), %rbx
    mov 0x1000(%rsp), %r14
    add $0x1008, %rsp
    ret
moves_checked:
moves_end:
entry moves
info moves, 1, 10
code moves, body, XMM, 15
    .short 0xff
code moves, 4, XMM, 6
    .short 0x20
code moves, 3, SAVE, 14
    .short 0x200
code moves, 2, SAVE, 3
    .short 0x20
code moves, 1, LARGE, 0
    .short 0x1008 / 8

# A larger one.
begin largest
    sub $0x88008, %rsp
largest_1:
    mov %rsi, 0x80010(%rsp)
largest_2:
    movaps %xmm8, 0x80020(%rsp)
largest_body:
    mov $1, %esi
    xorps %xmm8, %xmm8
    call *%rcx
    nop
    movaps 0x80020(%rsp), %xmm8
    mov 0x80010(%rsp), %rsi
    add $0x88008, %rsp
    ret
largest_checked:
largest_end:
entry largest
info largest, 1, 9
code largest, body, XMM_FAR, 8
    .long 0x80020
code largest, 2, SAVE_FAR, 6
    .long 0x80010
code largest, 1, LARGE, 1
    .long 0x88008
    .short 0

# RBP is the frame register, into the middle of the frame; RSP moves in the body.
begin framed
    push %rbp
framed_1:
    push %rdi
framed_2:
    sub $56, %rsp
framed_3:
    lea 32(%rsp), %rbp
framed_4:
    mov %rbx, 40(%rsp)
framed_body:
    sub $160, %rsp
    mov $1, %edi
    mov $2, %ebx
    call *%rcx
    nop
    mov 8(%rbp), %rbx
    lea 24(%rbp), %rsp
    pop %rdi
    pop %rbp
    ret
framed_checked:
framed_end:
entry framed
info framed, 1, 6, 5 | 2 << 4
code framed, body, SAVE, 3
    .short 5
code framed, 4, FRAME, 0
code framed, 3, SMALL, 6
code framed, 2, PUSH, 7
code framed, 1, PUSH, 5

# So is R12, whose addresses have a byte more; the displacement has four.
begin framed_12
    push %r12
framed_12_1:
    sub $240, %rsp
framed_12_2:
    lea 240(%rsp), %r12
framed_12_body:
    sub $64, %rsp
    call *%rcx
    nop
    .byte 0x49, 0x8d, 0xa4, 0x24, 0, 0, 0, 0
    pop %r12
    ret
framed_12_checked:
framed_12_end:
entry framed_12
info framed_12, 1, 4, 12 | 15 << 4
code framed_12, body, FRAME, 0
code framed_12, 2, LARGE, 0
    .short 240 / 8
code framed_12, 1, PUSH, 12

# In three parts: the later ones save more, and are chained to the first.
begin chained
    push %rbx
chained_1:
    sub $48, %rsp
chained_body:
    mov $1, %ebx
    test %rcx, %rcx
    jz chained_out
chained_end:
chained_second:
    mov %rsi, 32(%rsp)
chained_second_body:
    mov $2, %esi
    nop
chained_second_end:
chained_third:
    mov %rdi, 40(%rsp)
chained_third_body:
    mov $3, %edi
    call *%rcx
    nop
    mov 40(%rsp), %rdi
    mov 32(%rsp), %rsi
chained_third_end:
chained_fourth:
chained_fourth_body:
chained_out:
    add $48, %rsp
    pop %rbx
    ret
chained_checked:
chained_fourth_end:
entry chained
entry chained_second
entry chained_third
entry chained_fourth
info chained, 1, 2
code chained, body, SMALL, 5
code chained, 1, PUSH, 3
info chained_second, 1 | 4 << 3, 2
code chained_second, body, SAVE, 6
    .short 4
    .rva chained, chained_end, chained_info
info chained_third, 1 | 4 << 3, 2
code chained_third, body, SAVE, 7
    .short 5
    .rva chained_second, chained_second_end, chained_second_info
info chained_fourth, 1 | 4 << 3, 0
    .rva chained, chained_end, chained_info

# Version 2: two epilogues of the same length, one of them at the end, are listed.
begin listed
    push %rbx
listed_1:
    sub $32, %rsp
listed_body:
    mov $1, %ebx
    call *%rcx
    nop
    test %ebx, %ebx
    jz 1f
listed_first:
    add $32, %rsp
    pop %rbx
    ret
1:  nop
listed_last:
    add $32, %rsp
    pop %rbx
    ret
listed_checked:
listed_end:
entry listed
info listed, 2, 4
    .byte listed_end - listed_last, EPILOG | 1 << 4
    .byte listed_end - listed_first, EPILOG
code listed, body, SMALL, 3
code listed, 1, PUSH, 3

# Epilogues that end in other ways.
.macro ends name, how:vararg
begin \name
    push %r15
\name\()_1:
    sub $32, %rsp
\name\()_body:
    mov $1, %r15d
    call *%rcx
    nop
    add $32, %rsp
    pop %r15
    \how
\name\()_checked:
\name\()_end:
entry \name
info \name, 1, 2
code \name, body, SMALL, 3
code \name, 1, PUSH, 15
.endm
ends ends_rep, .byte 0xf3, 0xc3
ends ends_number, ret $0
ends ends_jump, jmp tail
ends ends_short, jmp near_tail
    .text
near_tail:
    nop
    ret
ends ends_memory, rex.w jmp *tail_address(%rip)

# It frees its frame with four bytes of size, and pops nothing.
begin ends_plainly
    sub $40, %rsp
ends_plainly_body:
    call *%rcx
    nop
    .byte 0x48, 0x81, 0xc4, 40, 0, 0, 0
    ret
ends_plainly_checked:
ends_plainly_end:
entry ends_plainly
info ends_plainly, 1, 1
code ends_plainly, body, SMALL, 4
    .short 0

# Without an entry: it has not moved RSP.
begin leaf
    xor %eax, %eax
    nop
    ret
leaf_checked:

# As if an interrupt had called them: its frame gives RIP and RSP.
.macro machine name, error, room
begin \name
    mov (%rsp), %rax
    lea 8(%rsp), %rdx
    mov %ss, %r8d
    push %r8
    push %rdx
    pushfq
    mov %cs, %r8d
    push %r8
    push %rax
.if \error
    push $0x1234
.endif
    .globl \name\()_proper
\name\()_proper:
    push %rbx
\name\()_1:
    sub $\room, %rsp
\name\()_body:
    mov $1, %ebx
    call *%rcx
    nop
    mov \room(%rsp), %rbx
\name\()_checked:
    add $\room + 8 + 8 * \error, %rsp
    iretq
\name\()_end:
    .section .pdata, "dr"
    .rva \name\()_proper, \name\()_end, \name\()_info
    .section .xdata, "dr"
    .balign 4
\name\()_info:
    .byte 1, \name\()_body - \name\()_proper, 3, 0
    .byte \name\()_body - \name\()_proper, SMALL | (\room / 8 - 1) << 4
    .byte \name\()_1 - \name\()_proper, PUSH | 3 << 4
    .byte 0, MACHINE | \error << 4
    .short 0
.endm
machine interrupted, 0, 40
machine faulted, 1, 32

# int drives(function, argument, step): calls a function with known registers, notes those after it. 1 when it came back, 2 after an exception.
    .text
    .globl drives
    .seh_proc drives
drives:
    push %rbx
    .seh_pushreg %rbx
    push %rbp
    .seh_pushreg %rbp
    push %rsi
    .seh_pushreg %rsi
    push %rdi
    .seh_pushreg %rdi
    push %r12
    .seh_pushreg %r12
    push %r13
    .seh_pushreg %r13
    push %r14
    .seh_pushreg %r14
    push %r15
    .seh_pushreg %r15
    sub $200, %rsp
    .seh_stackalloc 200
.irp number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movaps %xmm\number, 32 + 16 * (\number - 6)(%rsp)
    .seh_savexmm %xmm\number, 32 + 16 * (\number - 6)
.endr
    .seh_endprologue
    mov %rcx, %rax
    mov %rdx, %rcx
    lea known(%rip), %r9
    mov %rsp, expected_rsp(%rip)
    lea .Lback(%rip), %r10
    mov %r10, expected_rip(%rip)
    mov (%r9), %rbx
    mov 8(%r9), %rbp
    mov 16(%r9), %rsi
    mov 24(%r9), %rdi
    mov 32(%r9), %r12
    mov 40(%r9), %r13
    mov 48(%r9), %r14
    mov 56(%r9), %r15
.irp number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups 64 + 16 * (\number - 6)(%r9), %xmm\number
.endr
    pushfq
    or %r8, (%rsp)
    popfq
.Ltry:
    call *%rax
.Lback:
    nop
.Ltried:
    mov $1, %eax
    jmp 1f
.Lexcept:
    mov $2, %eax
1:  lea found(%rip), %r9
    mov %rbx, (%r9)
    mov %rbp, 8(%r9)
    mov %rsi, 16(%r9)
    mov %rdi, 24(%r9)
    mov %r12, 32(%r9)
    mov %r13, 40(%r9)
    mov %r14, 48(%r9)
    mov %r15, 56(%r9)
.irp number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movups %xmm\number, 64 + 16 * (\number - 6)(%r9)
    movaps 32 + 16 * (\number - 6)(%rsp), %xmm\number
.endr
    add $200, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    ret
    .seh_handler __C_specific_handler, @except, @unwind
    .seh_handlerdata
    .long 1
    .rva .Ltry, .Ltried
    .long 1
    .rva .Lexcept
    .text
    .seh_endproc
