// The two halves of the one table of reason codes (error.h), each sorted.
#pragma once

#include "absl/types/span.h"
#include "common/base/error.h"

namespace ruraledu {

absl::Span<const ReasonInfo> ReasonsAToL();
absl::Span<const ReasonInfo> ReasonsMToZ();

}  // namespace ruraledu
