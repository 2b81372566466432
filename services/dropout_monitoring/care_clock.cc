#include "services/dropout_monitoring/care_clock.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/committee_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

template <typename M>
struct CareChange {
  std::optional<M> before;
  M after;
};
struct CareChanges {
  std::vector<CareChange<v1::DisabledChild>> children;
  std::vector<CareChange<v1::Dossier>> dossiers;
  std::vector<CareChange<v1::CommitteeReview>> reviews;
};

template <typename M>
void AddChange(const std::optional<M>& before, M after, std::vector<CareChange<M>>* changes) {
  if (!before.has_value() || before->SerializeAsString() != after.SerializeAsString()) {
    changes->push_back({before, std::move(after)});
  }
}

bool Disabled(const registry_v1::Student& student, absl::CivilDay on) {
  const auto until = DayOf(student.disability().valid_to());
  return !student.disability().kind().empty() && (!until.has_value() || on < *until);
}

void AddSource(v1::DisabledSource source, v1::DisabledChild* child) {
  if (std::find(child->sources().begin(), child->sources().end(), source) == child->sources().end()) {
    child->add_sources(source);
  }
}

class Look {
 public:
  Look(const CaseClockParts& parts, db::JobContext& context, std::string cursor, int64_t done)
      : parts_(parts),
        context_(context),
        shard_(context.job().shard),
        today_(parts.host.clock.Today()),
        cursor_(std::move(cursor)),
        done_(done) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(parent_, ParentOfShard(shard_));
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard_));
    ASSIGN_OR_RETURN(policy_, parts_.standards.care.care.policies.InForce(RegionOfShard(shard_), today_));
    std::string after;
    for (bool more = true; more;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, Page(&after));
    }
    RETURN_IF_ERROR(Unregistered());
    return context_.Chunk([&](db::Transaction& tx) { return SaveLook(tx, today_); }, cursor_, done_, done_);
  }

 private:
  // A page of the register behind a person; false when there was none.
  absl::StatusOr<bool> Page(std::string* after) {
    CareChanges changes;
    std::string last = *after;
    const absl::Status read = parts_.host.database.Read([&](db::Transaction& tx) -> absl::Status {
      changes = CareChanges();
      RETURN_IF_ERROR(ReadUnknown(tx));
      ASSIGN_OR_RETURN(const auto rows, CareRowsBehind(tx, parts_.host.keys, parts_.standards.statuses, shard_, *after,
                                                       parts_.page, today_));
      for (const CareRow& row : rows) {
        last = std::string(feed::IdOfName(row.known.student.name()));
        RETURN_IF_ERROR(TakeChild(tx, row, last, &changes));
        TakeDossier(row, last, &changes);
      }
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(read);
    ASSIGN_OR_RETURN(const bool written, Write(changes));
    if (!written) {
      return true;  // somebody was faster: the page is read again
    }
    const bool more = last != *after;
    *after = last;
    return more;
  }

  absl::Status ReadUnknown(db::Transaction& tx) {
    ASSIGN_OR_RETURN(const auto children, UnknownChildren(tx, *sealer_, shard_));
    unknown_.clear();
    for (const v1::DisabledChild& child : children) {
      unknown_[std::string(feed::IdOfName(child.name()))] = child;
    }
    return absl::OkStatus();
  }

  // The child that the federation named before the register knew it; null: none.
  const v1::DisabledChild* Former(const registry_v1::Student& student) const {
    if (unknown_.empty()) {
      return nullptr;
    }
    for (const std::string& id : FormerIds(parts_.host.keys, student)) {
      if (const auto found = unknown_.find(id); found != unknown_.end()) {
        return &found->second;
      }
    }
    return nullptr;
  }

  absl::Status TakeChild(db::Transaction& tx, const CareRow& row, const std::string& person, CareChanges* changes) {
    const registry_v1::Student& student = row.known.student;
    const v1::DisabledChild* former = row.on_roll ? Former(student) : nullptr;
    const bool named = row.on_roll && Disabled(student, today_);
    if (!row.child.has_value() && !named && former == nullptr) {
      return absl::OkStatus();
    }
    v1::DisabledChild after = row.child.value_or(v1::DisabledChild());
    if (former != nullptr) {
      Adopt(*former, person, &after, changes);
      RETURN_IF_ERROR(AdoptReviews(tx, *former, person, changes));
    }
    after.set_name(absl::StrCat(parent_, "/disabledChildren/", person));
    TakeFromRegister(parts_.standards.statuses, student, &after);
    if (named) {
      AddSource(v1::DISABLED_SOURCE_SCHOOL, &after);
    }
    RETURN_IF_ERROR(SettleChild(tx, parts_.standards, shard_, today_, &after));
    AddChange(row.child, std::move(after), &changes->children);
    return absl::OkStatus();
  }

  // The register knows the child now: one row, not two (3.7: both lists without doubles).
  void Adopt(const v1::DisabledChild& former, const std::string& person, v1::DisabledChild* after,
             CareChanges* changes) const {
    for (const int source : former.sources()) {
      AddSource(static_cast<v1::DisabledSource>(source), after);
    }
    if (after->disability().kind().empty()) {
      *after->mutable_disability() = former.disability();
    }
    for (const v1::Placement& placement : former.placements()) {
      *after->add_placements() = placement;
      after->mutable_placements()->rbegin()->set_number(after->placements_size());
    }
    after->mutable_opinions()->MergeFrom(former.opinions());
    v1::DisabledChild ended = former;
    ended.set_person(person);
    ended.set_gone(true);
    ended.clear_findings();
    AddChange<v1::DisabledChild>(former, std::move(ended), &changes->children);
  }

  // What the committee said of the child is of the person now.
  absl::Status AdoptReviews(db::Transaction& tx, const v1::DisabledChild& former, const std::string& person,
                            CareChanges* changes) const {
    ASSIGN_OR_RETURN(const auto reviews, ReviewsOfChild(tx, *sealer_, shard_, feed::IdOfName(former.name())));
    for (const v1::CommitteeReview& review : reviews) {
      v1::CommitteeReview after = review;
      after.set_person(person);
      after.set_child(absl::StrCat(parent_, "/disabledChildren/", person));
      AddChange<v1::CommitteeReview>(review, std::move(after), &changes->reviews);
    }
    return absl::OkStatus();
  }

  void TakeDossier(const CareRow& row, const std::string& person, CareChanges* changes) const {
    const CareBook& book = parts_.standards.care.care;
    const CareSource source{row.known.student, row.known.kinds, row.on_roll};
    if (!row.dossier.has_value() && !NeedsDossier(book, source, today_)) {
      return;
    }
    v1::Dossier after = row.dossier.value_or(v1::Dossier());
    after.set_name(absl::StrCat(parent_, "/dossiers/", person));
    after.set_person(person);
    SettleDossier(book, *policy_, source, today_, &after);
    AddChange(row.dossier, std::move(after), &changes->dossiers);
  }

  // Findings of children that no register knows follow the day too.
  absl::Status Unregistered() {
    for (bool again = true; again;) {
      CareChanges changes;
      const absl::Status read = parts_.host.database.Read([&](db::Transaction& tx) -> absl::Status {
        changes = CareChanges();
        RETURN_IF_ERROR(ReadUnknown(tx));
        for (const auto& [id, child] : unknown_) {
          v1::DisabledChild after = child;
          RETURN_IF_ERROR(SettleChild(tx, parts_.standards, shard_, today_, &after));
          AddChange<v1::DisabledChild>(child, std::move(after), &changes.children);
        }
        return absl::OkStatus();
      });
      RETURN_IF_ERROR(read);
      ASSIGN_OR_RETURN(const bool written, Write(changes));
      again = !written;
    }
    return absl::OkStatus();
  }

  // False: what was read is there no more as it was.
  absl::StatusOr<bool> Write(const CareChanges& changes) {
    if (changes.children.empty() && changes.dossiers.empty() && changes.reviews.empty()) {
      return true;
    }
    const absl::Status written = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          const std::string actor = absl::StrCat("job:", context_.job().id);
          feed::RootWriter writer(tx, *sealer_, {actor, context_.job().id}, parts_.host.NewCounters());
          RETURN_IF_ERROR(PutAll(tx, kDisabledChildren, changes.children, writer));
          RETURN_IF_ERROR(PutAll(tx, kDossiers, changes.dossiers, writer));
          RETURN_IF_ERROR(PutAll(tx, kCommitteeReviews, changes.reviews, writer));
          return writer.Finish().status();
        },
        cursor_, done_, done_);
    return ReasonOf(written) == "HEAD_MOVED" ? absl::StatusOr<bool>(false)
           : written.ok()                    ? absl::StatusOr<bool>(true)
                                             : written;
  }

  template <typename M>
  absl::Status PutAll(db::Transaction& tx, const feed::RootTable& table, const std::vector<CareChange<M>>& changes,
                      feed::RootWriter& writer) const {
    for (const CareChange<M>& change : changes) {
      ASSIGN_OR_RETURN(const auto now, feed::Load<M>(tx, *sealer_, table, shard_, feed::IdOfName(change.after.name())));
      if ((now.has_value() ? now->etag() : "") != (change.before.has_value() ? change.before->etag() : "")) {
        return Fail("HEAD_MOVED");
      }
      RETURN_IF_ERROR(writer.Put(table, now.has_value() ? &*now : nullptr, change.after, "LOOK").status());
    }
    return absl::OkStatus();
  }

  const CaseClockParts& parts_;
  db::JobContext& context_;
  const std::string shard_;
  const absl::CivilDay today_;
  const std::string cursor_;
  const int64_t done_;
  std::string parent_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  const v1::CarePolicy* policy_ = nullptr;
  std::map<std::string, v1::DisabledChild> unknown_;  // by id
};

}  // namespace

absl::Status LookAtCare(const CaseClockParts& parts, db::JobContext& context, const std::string& cursor, int64_t done) {
  return Look(parts, context, cursor, done).Run();
}

}  // namespace ruraledu::dropout_monitoring
