/* Mistakes to plant into a recorded gradient. */
#ifndef CG_CHECK_MISTAKE_H
#define CG_CHECK_MISTAKE_H

#include "graph/graph.h"

/* Plants mistake `number` into dx, a gradient whose nodes from `first` on were recorded by the vjp
 * under test, and says in text which it is ("sign", "mul: first factor alone").
 *
 * CG_PLANTED: *dx is the wrong gradient, of the right shape.  CG_NOT_FITTING: this mistake cannot
 * be made here, or a shape rule refused it (the graph may be in error).  CG_NO_MORE: there is none
 * of this number or above. */
typedef enum { CG_PLANTED, CG_NOT_FITTING, CG_NO_MORE } cg_planted;
enum { CG_MISTAKE_TEXT = 96 };
cg_planted cg_mistake_plant(cg_node **dx, int first, int number, char text[CG_MISTAKE_TEXT]);

#endif
