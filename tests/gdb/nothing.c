/* SPDX-License-Identifier: MIT */
/* nothing.c: a program that never uses the runtime. */
#include "look.h"

int main(void)
{
	look();
	puts("nothing");
	return 0;
}
