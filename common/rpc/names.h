// Which area a resource name, a region code or an area in a request stands for.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ruraledu::rpc {

// The place that a name belongs to, as a prefix of area.
struct NamedArea {
  // "41", "4117", "411728", "411728103", "411728103/<school>[/<class>]"; "" = no place (persons, the country).
  std::string prefix;
  // The name means all of the place (a dashboard's `areas/...`, a bare area, a region): the caller must cover it.
  // Otherwise it names something inside of it, and a caller whose areas meet it is settled by the handler with the
  // row's own area.
  bool whole = false;

  friend bool operator==(const NamedArea&, const NamedArea&) = default;
};

//   counties/411728[/...]   411728        cities/411700[/...]  4117     provinces/410000[/...]  41     countries/CN  ""
//   areas/<area>            <area>, whole; areas/ the whole country
//   regions/<12 digits>[/...] and 12 bare digits: cut to their level, whole            a bare area: itself, whole
//   accounts/<home>-<id>[/...]   the home region of 2, 4 or 6 digits: 411728, 41; "" of 00
//   persons/...             ""            shards/<letter><6 digits> as its region, shards/a<home> likewise, others ""
// Errors: NAME_INVALID{field} for every other form; the value itself is not repeated.
absl::StatusOr<NamedArea> AreaOfName(std::string_view name, std::string_view field = "name");

// The prefix alone.
absl::StatusOr<std::string> PrefixOfName(std::string_view name);

}  // namespace ruraledu::rpc
