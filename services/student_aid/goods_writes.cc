#include "services/student_aid/goods_writes.h"

#include "absl/strings/str_cat.h"
#include "services/student_aid/goods_store.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kEnrolled = "ENROLLED";

std::string StockId(const std::string& school, const std::string& item) {
  return absl::StrCat(feed::IdOfName(school), ".", item);
}

}  // namespace

absl::StatusOr<registry_v1::School> SchoolForGoods(rpc::Call& call, db::Transaction& tx, const std::string& name) {
  ASSIGN_OR_RETURN(auto found, FindSchool(tx, tx.shard(), feed::IdOfName(name)));
  if (!found.has_value() || found->name() != name) {
    const absl::Status missing = call.CheckMissing(name);
    return absl::IsNotFound(missing) ? Fail("SCHOOL_UNKNOWN") : missing;
  }
  RETURN_IF_ERROR(call.CheckArea(found->area()));
  return *std::move(found);
}

absl::StatusOr<std::map<std::string, GoodsPupils::Pupil>> GoodsPupils::Read(db::Transaction& tx,
                                                                            const std::vector<std::string>& persons,
                                                                            absl::CivilDay on) const {
  ASSIGN_OR_RETURN(const SealedPage page, ReadPersons(tx, shard_, persons));
  ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(page, host_.keys, shard_));
  const std::string term = book_.calendar().TermOf(on).text();
  const std::string school_year = term.substr(0, term.rfind('-'));
  std::map<std::string, Pupil> pupils;
  google::protobuf::Arena arena;
  RunPupil opened;
  for (const db::Row& row : page.pupils) {
    arena.Reset();
    RETURN_IF_ERROR(opener.Open(row, &arena, &opened));
    const CensusPlace place = PlaceOn(opened.copy, page.schools, shard_.substr(1), on);
    if (place.enrolment == nullptr || place.status != kEnrolled) {
      continue;
    }
    google::protobuf::RepeatedPtrField<v1::HardshipFact> hardships;
    ReadHardships(opened.copy, on, &hardships);
    Pupil pupil{.school = place.enrolment->school(), .stage = place.stage, .kinds = KindsOn(hardships, on)};
    ASSIGN_OR_RETURN(const bool identified, IsIdentified(tx, shard_, opened.copy.key.person, school_year));
    if (identified) {
      pupil.kinds.emplace(kIdentifiedKind);
    }
    pupils.emplace(opened.copy.key.person, std::move(pupil));
  }
  return pupils;
}

absl::StatusOr<const v1::GoodsStock*> GoodsWrites::Stock(const std::string& school, const std::string& item) {
  ASSIGN_OR_RETURN(const v1::GoodsStock* const stock, stocks_.Get(StockId(school, item)));
  return stock;
}

absl::Status GoodsWrites::Book(const v1::GoodsMovement& movement) {
  ASSIGN_OR_RETURN(v1::GoodsStock* const stock, stocks_.Get(StockId(movement.school(), movement.item())));
  v1::GoodsStock after = *stock;
  const std::string_view parent =
      std::string_view(movement.name()).substr(0, movement.name().rfind("/goodsMovements/"));
  after.set_name(absl::StrCat(parent, "/", kGoodsStocks.collection, "/", StockId(movement.school(), movement.item())));
  after.set_area(movement.area());
  after.set_school(movement.school());
  after.set_item(movement.item());
  RETURN_IF_ERROR(BookMovement(movement, &after));
  *stock = std::move(after);
  return absl::OkStatus();
}

absl::Status GoodsWrites::Enter(const v1::GoodsMovement& movement, std::string_view cause) {
  if (movement.state() == v1::GOODS_MOVEMENT_STATE_BOOKED) {
    RETURN_IF_ERROR(Book(movement));
  }
  return writer_.Put(kGoodsMovements, nullptr, movement, cause).status();
}

absl::Status GoodsWrites::Change(const v1::GoodsMovement& before, const v1::GoodsMovement& after,
                                 std::string_view cause) {
  if (after.state() == v1::GOODS_MOVEMENT_STATE_BOOKED) {
    RETURN_IF_ERROR(Book(after));
  }
  return writer_.Put(kGoodsMovements, &before, after, cause).status();
}

}  // namespace ruraledu::student_aid
