#include "common/rpc/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"

namespace ruraledu::rpc {
namespace {

bool AllDigits(std::string_view text, size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Cuts zero-filled groups off a region code: "411700" -> "4117", "411728103000" -> "411728103".
std::string CutToLevel(std::string_view code) {
  for (const size_t digits : {9, 6, 4, 2, 0}) {
    if (code.size() > digits && code.substr(digits).find_first_not_of('0') != std::string_view::npos) {
      break;
    }
    if (code.size() > digits) {
      code = code.substr(0, digits);
    }
  }
  return std::string(code);
}

// The first `digits` of a 6-digit code whose rest is zeros.
bool IsZeroFilled(std::string_view code, size_t digits) {
  return AllDigits(code, 6) && code[0] != '0' && code.substr(digits).find_first_not_of('0') == std::string_view::npos;
}

bool PlaceOfShard(std::string_view shard, NamedArea& area) {
  if (shard.empty() || shard.size() > 16 || !absl::ascii_islower(static_cast<unsigned char>(shard[0]))) {
    return false;
  }
  const std::string_view digits = shard.substr(1);
  if (shard[0] == 'a') {
    area.prefix = digits == "00" ? "" : digits;
    return IsAccessShard(shard);
  }
  area.prefix = digits.size() == 6 && AllDigits(digits, 6) ? CutToLevel(digits) : "";
  return digits.find_first_not_of("0123456789") == std::string_view::npos;
}

bool Resolve(std::string_view collection, std::string_view rest, NamedArea& area) {
  const std::string_view id = rest.substr(0, rest.find('/'));
  if (collection == "counties") {
    area.prefix = id;
    return IsZeroFilled(id, 6);
  }
  if (collection == "cities") {
    area.prefix = id.substr(0, 4);
    return IsZeroFilled(id, 4);
  }
  if (collection == "provinces") {
    area.prefix = id.substr(0, 2);
    return IsZeroFilled(id, 2);
  }
  if (collection == "countries") {
    return id == "CN";
  }
  if (collection == "areas") {
    area = {std::string(rest), true};
    return rest.empty() || IsAreaPrefix(rest);
  }
  if (collection == "regions") {
    area = {CutToLevel(id), true};
    return AllDigits(id, 12) && id[0] != '0';
  }
  if (collection == "accounts") {
    const size_t dash = id.find('-');
    const std::string_view home = id.substr(0, dash);
    area.prefix = home == "00" ? "" : home;
    return dash != std::string_view::npos && dash + 1 < id.size() && IsAccessShard(absl::StrCat("a", home));
  }
  if (collection == "persons") {
    return !id.empty();
  }
  return collection == "shards" && PlaceOfShard(id, area);
}

}  // namespace

absl::StatusOr<NamedArea> AreaOfName(std::string_view name, std::string_view field) {
  NamedArea area;
  const size_t slash = name.find('/');
  if (AllDigits(name, 12) && name[0] != '0') {
    return NamedArea{CutToLevel(name), true};
  }
  if (IsAreaPrefix(name)) {
    return NamedArea{std::string(name), true};
  }
  if (slash == std::string_view::npos || !Resolve(name.substr(0, slash), name.substr(slash + 1), area)) {
    return Fail("NAME_INVALID", {{"field", field}});
  }
  return area;
}

absl::StatusOr<std::string> PrefixOfName(std::string_view name) {
  ASSIGN_OR_RETURN(NamedArea area, AreaOfName(name));
  return std::move(area.prefix);
}

}  // namespace ruraledu::rpc
