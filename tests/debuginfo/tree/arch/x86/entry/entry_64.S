/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code whose call frame information is written by hand: what it says is known without a compiler. */
	.cfi_sections .debug_frame
	.section .note.GNU-stack,"",@progbits
	.text

	.macro function name
	.globl \name
	.type \name, @function
\name:
	.endm

	function saves_two
	.cfi_startproc
	push %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	push %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	sub $0x18, %rsp
	.cfi_adjust_cfa_offset 0x18
saves_two_inside:
	nop
	add $0x18, %rsp
	.cfi_adjust_cfa_offset -0x18
	pop %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	pop %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	ret
	.cfi_endproc
	.size saves_two, . - saves_two

	function has_a_base
	.cfi_startproc
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register rbp
has_a_base_inside:
	nop
	leave
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size has_a_base, . - has_a_base

/* As entry code of 3.10 on the interrupt stack: the old stack pointer lies where rsp points. */
	function on_another_stack
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	.cfi_offset rip, -40
	.cfi_offset rsp, -16
	/* DW_CFA_def_cfa_expression: breg7 0, deref, const1u 0x58, plus */
	.cfi_escape 0x0f, 6, 0x77, 0, 0x06, 0x08, 0x58, 0x22
on_another_stack_inside:
	nop
	ret
	.cfi_endproc
	.size on_another_stack, . - on_another_stack

	function has_no_caller
	.cfi_startproc
	.cfi_undefined rip
	nop
	ret
	.cfi_endproc
	.size has_no_caller, . - has_no_caller

	function is_not_annotated
	nop
	ret
	.size is_not_annotated, . - is_not_annotated
