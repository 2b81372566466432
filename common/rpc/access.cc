#include "common/rpc/access.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::rpc {

absl::StatusOr<RoleBook> RoleBook::Parse(std::string_view csv) {
  static constexpr std::string_view kColumns[] = {"role", "permission", "label_zh", "source"};
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse("roles.csv", csv, kColumns));
  RoleBook book;
  for (size_t row = 0; row < table.size(); ++row) {
    const std::string_view role = table.Get(row, "role");
    const std::string_view permission = table.Get(row, "permission");
    if (role.empty() || permission.empty()) {
      return table.Error(row, "role and permission are needed");
    }
    book.permissions_[role].insert(std::string(permission));
  }
  for (const auto& [role, permissions] : book.permissions_) {
    for (const std::string& permission : permissions) {
      if (permission[0] == '!' && !book.permissions_.contains(permission.substr(1))) {
        return table.Error(0, absl::StrCat(role, " excludes the unknown role ", permission.substr(1)));
      }
    }
  }
  return book;
}

bool RoleBook::Allows(std::string_view role, std::string_view permission) const {
  const auto found = permissions_.find(role);
  if (found == permissions_.end() || permission.empty()) {
    return false;
  }
  if (found->second.contains(permission)) {
    return true;
  }
  // "registry.students.read" is granted by "registry.students.*" and "registry.*" too.
  for (size_t dot = permission.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = permission.rfind('.', dot - 1)) {
    if (found->second.contains(absl::StrCat(permission.substr(0, dot), ".*"))) {
      return true;
    }
  }
  return false;
}

bool RoleBook::Incompatible(std::string_view role, std::string_view other) const {
  const auto excludes = [this](std::string_view a, std::string_view b) {
    const auto found = permissions_.find(a);
    return found != permissions_.end() && found->second.contains(absl::StrCat("!", b));
  };
  return excludes(role, other) || excludes(other, role);
}

Scope GrantAreas::Of(const std::string& area, absl::CivilDay day) const {
  {
    absl::ReaderMutexLock lock(&mu_);
    const auto found = day_ == day ? resolved_.find(area) : resolved_.end();
    if (found != resolved_.end()) {
      return found->second;
    }
  }
  Scope scope = Resolve(area, day);
  absl::MutexLock lock(&mu_);
  if (day_ != day) {
    resolved_.clear();
    day_ = day;
  }
  resolved_.insert_or_assign(area, scope);
  return scope;
}

Scope GrantAreas::Resolve(const std::string& area, absl::CivilDay day) const {
  if (area.empty()) {
    return Scope::All();
  }
  for (const RegionLevel level : {RegionLevel::kProvince, RegionLevel::kCity, RegionLevel::kCounty,
                                  RegionLevel::kTownship, RegionLevel::kVillage}) {
    if (!IsAreaPrefix(area) || area.size() != RegionDigits(level)) {
      continue;
    }
    const RegionId id{area + std::string(12 - area.size(), '0'), level};
    const absl::StatusOr<Scope> scope = ResolveScope(regions_, {id}, day);
    if (scope.ok() || level <= RegionLevel::kCounty || ReasonOf(scope.status()) != "REGION_UNKNOWN") {
      return scope.value_or(Scope());
    }
  }
  return Scope::OfPrefix(area);
}

Scope Caller::AreasFor(const RoleBook& roles, std::string_view permission, std::string_view purpose,
                       absl::CivilDay today, const GrantAreas* areas) const {
  if (access == nullptr || !access->active) {
    return Scope();
  }
  Scope scope;
  for (const GrantRow& grant : access->grants) {
    const bool covers_purpose = purpose.empty() || absl::c_linear_search(grant.purposes, purpose);
    if (grant.from > today || today >= grant.until || !covers_purpose || !roles.Allows(grant.role, permission)) {
      continue;
    }
    Scope area = areas != nullptr     ? areas->Of(grant.area, today)
                 : grant.area.empty() ? Scope::All()
                                      : Scope::OfPrefix(grant.area);
    scope = scope.empty() ? std::move(area) : scope.Union(area);
  }
  return scope;
}

Caller MakeJobCaller(std::string_view job, std::string_view area) {
  auto access = std::make_shared<AccountAccess>();
  access->account = absl::StrCat("job:", job);
  access->grants.push_back(
      {.name = access->account, .role = "JOB", .area = std::string(area), .from = absl::CivilDay::min()});
  return {.subject = access->account, .issuer = "job", .access = std::move(access)};
}

Caller MakeServiceCaller(std::string_view service, std::string_view certificate) {
  auto access = std::make_shared<AccountAccess>();
  access->account = absl::StrCat("service:", service);
  access->grants.push_back({.name = access->account, .role = ServiceRole(service), .from = absl::CivilDay::min()});
  return {.subject = access->account,
          .issuer = "certificate",
          .certificate = std::string(certificate),
          .access = std::move(access),
          .is_service = true};
}

std::string ServiceRole(std::string_view service) {
  return absl::StrCat("SERVICE_", absl::AsciiStrToUpper(service));
}

}  // namespace ruraledu::rpc
