/* The whole public interface. */
#ifndef CNNGRAPH_H
#define CNNGRAPH_H

#include <cnngraph/check.h>
#include <cnngraph/data.h>
#include <cnngraph/graph.h>
#include <cnngraph/model.h>
#include <cnngraph/ops.h>
#include <cnngraph/program.h>
#include <cnngraph/train.h>
#include <cnngraph/version.h>

#endif
