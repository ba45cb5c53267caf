/* What a network's functions answer: 0, or why they have done nothing. */
#ifndef TINYROB_TR_STATUS_H
#define TINYROB_TR_STATUS_H

#define TR_OK 0
#define TR_BAD_ARENA (-1)    /* NULL, or not at a multiple of 16 */
#define TR_GUARD_BROKEN (-2) /* something wrote behind the arena, or nothing has set the guard up */
#define TR_WRONG_DIGEST (-3) /* constants in flash are not those that were built */

#endif
