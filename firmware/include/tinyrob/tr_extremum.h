/* What minimum and maximum are told. */
#ifndef TINYROB_TR_EXTREMUM_H
#define TINYROB_TR_EXTREMUM_H

#include "tinyrob/tr_broadcast.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The output's zero point is 0 here, since values keep their quantization. */
typedef struct tr_extremum {
    tr_broadcast shape;
    tr_output output;
} tr_extremum;

#ifdef __cplusplus
}
#endif

#endif
