// What the registry adds to the reseal job (common/feed/reseal.h): blind indexes of students and teachers, staged rows
// and chunks of imports, and the identity claims under the newest blind-index key.
#pragma once

#include <vector>

#include "common/feed/reseal.h"
#include "common/rpc/resources.h"
#include "services/registry/reference.h"

namespace ruraledu::registry {

// `host` and `book` outlive the job engine.
std::vector<feed::ResealStep> ResealSteps(const rpc::Host& host, const ReferenceBook& book);

}  // namespace ruraledu::registry
