/* Answers the protocol's requests with the model that is linked in. */
#ifndef TR_SERVER_H
#define TR_SERVER_H

#ifdef __cplusplus
extern "C" {
#endif

/* Serves until the port's stream ends; on a microcontroller that is never. */
void tr_serve(void);

#ifdef __cplusplus
}
#endif

#endif
