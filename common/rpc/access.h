// Who calls and what they may do. Tokens say who; grants (role x area x dates) say what, and are evaluated on every
// call, so that a revocation stops the next one. Deny by default.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/civil_time.h"
#include "common/domain/area.h"

namespace ruraledu::rpc {

// Roles x permissions, from deploy/policies/roles.csv (columns role, permission, label_zh, source). A permission ending
// in ".*" grants all below it.
class RoleBook {
 public:
  static absl::StatusOr<RoleBook> Parse(std::string_view csv);
  bool Allows(std::string_view role, std::string_view permission) const;
  // Roles that one person may not hold together (system, security and audit administrator): rows with permission
  // "!<role>".
  bool Incompatible(std::string_view role, std::string_view other) const;

 private:
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> permissions_;
};

// What the areas of grants mean on a day: a grant names regions, and re-coded regions, cities that are counties too and
// counties without a city are more than a prefix of digits (ResolveScope). Thread safe.
class GrantAreas {
 public:
  // `regions` outlives it.
  explicit GrantAreas(const RegionTree& regions) : regions_(regions) {}
  // `area` as in GrantRow. Pseudo-prefectures and regions that were never known grant nothing; townships and villages
  // that the tree does not have yet, schools and classes are plain prefixes.
  Scope Of(const std::string& area, absl::CivilDay day) const;

 private:
  Scope Resolve(const std::string& area, absl::CivilDay day) const;

  const RegionTree& regions_;
  mutable absl::Mutex mu_;
  mutable absl::CivilDay day_ ABSL_GUARDED_BY(mu_);  // of the resolved ones
  mutable absl::flat_hash_map<std::string, Scope> resolved_ ABSL_GUARDED_BY(mu_);
};

// One confirmed grant of an account.
struct GrantRow {
  std::string name;  // resource name, for logs
  std::string role;
  std::string
      area;  // region prefix "41", "4117", "411728", "411728103", or township/school[/class]; "" = whole country
  absl::CivilDay from;
  absl::CivilDay until = absl::CivilDay::max();  // open end
  std::vector<std::string> purposes;             // purposes it covers; empty: those that need none
};

// What a service knows of one account.
struct AccountAccess {
  std::string account;  // resource name "accounts/<id>"
  std::string person;   // registry person id behind it; approver and submitter are compared by it
  bool active = true;
  int64_t revoked_before_s = 0;                       // tokens issued before this second are dead
  absl::flat_hash_set<std::string> revoked_sessions;  // single sessions
  std::vector<GrantRow> grants;
};

// Where accounts and grants come from: the registry's own tables there, the followed copy elsewhere. Thread safe,
// answers from memory, and knows of a change as soon as this process does.
class AccessSource {
 public:
  virtual ~AccessSource() = default;
  // nullptr: no such account here. `issuer` and `subject` are those of the token.
  virtual std::shared_ptr<const AccountAccess> Find(std::string_view issuer, std::string_view subject) const = 0;
  // Makes this process know everything that its database knows. May wait.
  virtual absl::Status Refresh() { return absl::OkStatus(); }
};

// The one that calls.
struct Caller {
  std::string subject;  // "wang.li", "service:student_aid", "job:<id>"
  std::string issuer;
  std::string session;
  std::string certificate;  // URI or CN of the client certificate, "" without one
  std::shared_ptr<const AccountAccess> access;
  bool is_service = false;  // mutual TLS certificate of one of the suite's services, no person's token

  // Areas in which the caller holds `permission` today for `purpose` ("" = none needed). Empty scope: nowhere.
  // A grant without purposes covers calls that need none only; one with purposes covers those, and calls that need
  // none.
  // `areas` null: plain prefixes.
  Scope AreasFor(const RoleBook& roles, std::string_view permission, std::string_view purpose, absl::CivilDay today,
                 const GrantAreas* areas = nullptr) const;
};

// A job as caller: "job:<id>", role JOB in the area of the account that started it (JobRow::area).
Caller MakeJobCaller(std::string_view job, std::string_view area);
// One of the suite's services calling for itself: role SERVICE_<NAME> in the whole country.
Caller MakeServiceCaller(std::string_view service, std::string_view certificate);
std::string ServiceRole(std::string_view service);  // "student_aid" -> "SERVICE_STUDENT_AID"

}  // namespace ruraledu::rpc
