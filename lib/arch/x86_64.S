/* SPDX-License-Identifier: MIT */
/*
 * x86_64.S: the switch.  See switch.h for the layout of a parked stack.
 *
 * The hybrid return: a return address that the target was not called from would unbalance the
 * processor's return-stack predictor, and a plain `jmp` would leave it unbalanced for callers five deep.
 * If the leaver and the target called from the same place, `ret` predicts right; else `jmp` does.
 */
	.text

/* int tl_switch(rdi from, rsi to, rdx &errno, ecx value) */
	.globl	tl_switch
	.hidden	tl_switch
	.type	tl_switch, @function
	.p2align 6
tl_switch:
	.cfi_startproc
	movq	(%rsp), %r9
	movl	(%rdx), %eax
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	movq	%rsp, 8(%rdi)
	incq	(%rdi)			/* even: parked.  x86-64 keeps the order of stores */
	incq	(%rsi)			/* odd: on a CPU, before its stack is used */
	movq	8(%rsi), %rsp
	.globl	tl_switch_resume	/* exported: stripped libraries keep the name of this place */
	.protected tl_switch_resume
	.type	tl_switch_resume, @function
tl_switch_resume:
	popq	%rax
	.cfi_adjust_cfa_offset -8
	movl	%eax, (%rdx)
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	movl	%ecx, %eax
	movq	(%rsp), %r8
	cmpq	%r8, %r9
	jne	1f
	ret
1:	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, r8
	jmpq	*%r8
	.cfi_endproc
	.size	tl_switch, . - tl_switch
	.size	tl_switch_resume, . - tl_switch_resume

/* void tl_go(rdi to, rsi &errno, edx value) */
	.globl	tl_go
	.hidden	tl_go
	.type	tl_go, @function
	.p2align 6
tl_go:
	.cfi_startproc
	incq	(%rdi)
	movq	8(%rdi), %rsp
	.cfi_def_cfa rsp, 64
	.cfi_offset rip, -8
	.cfi_offset rbp, -16
	.cfi_offset rbx, -24
	.cfi_offset r12, -32
	.cfi_offset r13, -40
	.cfi_offset r14, -48
	.cfi_offset r15, -56
	popq	%rax
	.cfi_adjust_cfa_offset -8
	movl	%eax, (%rsi)
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	movl	%edx, %eax
	popq	%r8
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, r8
	jmpq	*%r8
	.cfi_endproc
	.size	tl_go, . - tl_go

/* int tl_start(rdi from, rsi to, rdx top, rcx &errno, r8 fn, r9 arg) */
	.globl	tl_start
	.hidden	tl_start
	.type	tl_start, @function
	.p2align 6
tl_start:
	.cfi_startproc
	movl	(%rcx), %eax
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	movq	%rsp, 8(%rdi)
	incq	(%rdi)
	incq	(%rsi)			/* odd, before its stack is used */
	movl	$0, (%rcx)
	movq	%rdx, %rsp
	.cfi_undefined rip
	jmp	tl_entry
	.cfi_endproc
	.size	tl_start, . - tl_start

/* void tl_start_go(rdi unused, rsi to, rdx top, rcx &errno, r8 fn, r9 arg) */
	.globl	tl_start_go
	.hidden	tl_start_go
	.type	tl_start_go, @function
	.p2align 4
tl_start_go:
	.cfi_startproc
	incq	(%rsi)			/* odd, before its stack is used */
	movl	$0, (%rcx)
	movq	%rdx, %rsp
	.cfi_endproc
	.size	tl_start_go, . - tl_start_go

/* The bottom frame of every tasklet, into which the above falls: nothing called it.  The nop keeps an unwinder that
 * looks up pc - 1 inside, should its first instruction ever be a return address. */
	.globl	tl_entry		/* exported: where every backtrace ends */
	.protected tl_entry
	.type	tl_entry, @function
	.globl	tl_entry_end
	.hidden	tl_entry_end
tl_entry:
	.cfi_startproc
	.cfi_undefined rip
	nop
	xorl	%ebp, %ebp
	movq	%r9, %rdi
	callq	*%r8
	movl	%eax, %edi
	movq	%rsp, %rsi
	leaq	1f(%rip), %rcx		/* push and jump: a call would unbalance the predictor */
	pushq	%rcx
	.cfi_adjust_cfa_offset 8
	jmp	task_exit
1:	ud2
tl_entry_end:
	.cfi_endproc
	.size	tl_entry, . - tl_entry

	.section .note.GNU-stack, "", @progbits
