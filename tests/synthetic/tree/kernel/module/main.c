/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the module loader went with 5.19. */
#include "../module.c"
