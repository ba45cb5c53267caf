/* What minimum and maximum of int16 are told. */
#ifndef TINYROB_TR_EXTREMUM16_H
#define TINYROB_TR_EXTREMUM16_H

#include "tinyrob/tr_broadcast16.h"
#include "tinyrob/tr_output16.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_extremum16 {
    tr_broadcast shape;
    tr_output16 output;
} tr_extremum16;

#ifdef __cplusplus
}
#endif

#endif
