#include "common/rpc/method_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/descriptor.pb.h"
#include "google/rpc/error_details.pb.h"
#include "ruraledu/testing/v1/echo.pb.h"

namespace ruraledu::rpc {
namespace {

namespace v1 = ruraledu::common::v1;
namespace echo = ruraledu::testing::v1;

const google::protobuf::ServiceDescriptor& Contract() {
  return *echo::Note::descriptor()->file()->FindServiceByName("EchoService");
}

// The entry of CreateNote after `change` to its access option.
absl::StatusOr<MethodEntry> Changed(const std::function<void(google::protobuf::MethodOptions&)>& change) {
  google::protobuf::FileDescriptorProto file;
  echo::Note::descriptor()->file()->CopyTo(&file);
  file.set_name("changed.proto");
  file.set_package("changed");
  for (auto& method : *file.mutable_service(0)->mutable_method()) {
    method.set_input_type(".changed" + method.input_type().substr(std::string(".ruraledu.testing.v1").size()));
    method.set_output_type(".changed" + method.output_type().substr(std::string(".ruraledu.testing.v1").size()));
    if (method.name() == "CreateNote") {
      change(*method.mutable_options());
    }
  }
  for (auto& message : *file.mutable_message_type()) {
    for (auto& field : *message.mutable_field()) {
      if (field.has_type_name()) {
        field.set_type_name(".changed" + field.type_name().substr(std::string(".ruraledu.testing.v1").size()));
      }
    }
  }
  static auto* pools = new std::vector<std::unique_ptr<google::protobuf::DescriptorPool>>();
  auto& pool = pools->emplace_back(
      std::make_unique<google::protobuf::DescriptorPool>(google::protobuf::DescriptorPool::generated_pool()));
  const auto* built = pool->BuildFile(file);
  if (built == nullptr) {
    return absl::InternalError("descriptor does not build");
  }
  return ReadMethod("echo", *built->FindServiceByName("EchoService")->FindMethodByName("CreateNote"));
}

absl::StatusOr<MethodEntry> WithAccess(const std::function<void(v1::Access&)>& change) {
  return Changed([&](google::protobuf::MethodOptions& options) { change(*options.MutableExtension(v1::access)); });
}

TEST(MethodTable, ReadsTheContract) {
  const auto table = MethodTable::Read("echo", {"ruraledu.testing.v1.EchoService"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->size(), static_cast<size_t>(Contract().method_count()));
  const MethodEntry& get = (*table)[table->Find("GetNote")];
  EXPECT_EQ(get.method.full_name, "/ruraledu.testing.v1.EchoService/GetNote");
  EXPECT_EQ(get.timeout, absl::Seconds(5));
  EXPECT_EQ(get.max_timeout, absl::Seconds(20));
  EXPECT_EQ(get.scope.size(), 1);
  const MethodEntry& create = (*table)[table->Find("/ruraledu.testing.v1.EchoService/CreateNote")];
  EXPECT_EQ(create.timeout, absl::Seconds(10));
  EXPECT_EQ(create.max_timeout, absl::Seconds(60));
  EXPECT_NE(create.request_id, nullptr);
  EXPECT_NE(create.validate_only, nullptr);
  EXPECT_EQ((*table)[table->Find("WatchNotes")].timeout, absl::Hours(24));
  EXPECT_EQ(table->Find("Missing"), -1);
}

TEST(MethodTable, AContractThatIsNotLinkedDoesNotStart) {
  EXPECT_EQ(ReasonOf(MethodTable::Read("x", {"ruraledu.missing.v1.Nothing"}).status()), "METHOD_ACCESS");
}

TEST(MethodTable, IncompleteAccessDoesNotStart) {
  ASSERT_TRUE(WithAccess([](v1::Access&) {}).ok()) << "positive control";
  EXPECT_EQ(ReasonOf(Changed([](auto& options) { options.ClearExtension(v1::access); }).status()), "METHOD_ACCESS");
  const std::function<void(v1::Access&)> kChanges[] = {
      [](v1::Access& access) { access.clear_permission(); },
      [](v1::Access& access) { access.clear_scope(); },
      [](v1::Access& access) { access.clear_spine(); },
      [](v1::Access& access) { access.clear_scope_field(); },
      [](v1::Access& access) { access.set_scope_field("missing"); },
      [](v1::Access& access) { access.set_scope_field("note"); },
      [](v1::Access& access) { access.set_scope_field("note.missing"); },
      [](v1::Access& access) { access.set_scope_field("parent.x"); },
      [](v1::Access& access) { access.set_scope_field("validate_only"); },
      [](v1::Access& access) { access.clear_idempotency(); },
      [](v1::Access& access) { access.set_scope(v1::SCOPE_KIND_GLOBAL); },
  };
  for (size_t i = 0; i < std::size(kChanges); ++i) {
    EXPECT_EQ(ReasonOf(WithAccess(kChanges[i]).status()), "METHOD_ACCESS") << i;
  }
  EXPECT_TRUE(WithAccess([](v1::Access& access) { access.set_scope_field("note.area"); }).ok());
}

TEST(MethodTable, TextsOfNestedAndRepeatedFields) {
  const auto table = MethodTable::Read("echo", {"ruraledu.testing.v1.EchoService"});
  const FieldPath& path = (*table)[table->Find("BatchGetNotes")].scope;
  echo::BatchGetNotesRequest batch;
  EXPECT_THAT(TextsAt(batch, path), ::testing::ElementsAre(""));
  batch.add_requests()->set_name("a");
  batch.add_requests();
  EXPECT_THAT(TextsAt(batch, path), ::testing::ElementsAre("a", ""));
}

// field -> reason of every violation.
std::vector<std::string> ViolationsOf(const google::protobuf::Message& request) {
  const absl::Status status = CheckFields(request);
  std::vector<std::string> found;
  if (const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest")) {
    google::rpc::BadRequest bad;
    bad.ParseFromString(std::string(*payload));
    for (const auto& violation : bad.field_violations()) {
      found.push_back(violation.field() + " " + violation.description().substr(0, violation.description().find(':')));
    }
  }
  return found;
}

TEST(CheckFields, AllViolationsAtOnce) {
  echo::CreateNoteRequest request;
  EXPECT_THAT(ViolationsOf(request),
              ::testing::ElementsAre("parent FIELD_REQUIRED", "note FIELD_REQUIRED", "request_id FIELD_REQUIRED"));
  request.set_parent(std::string(4097, 'x'));
  request.mutable_note()->set_text(std::string("a\0b", 3));
  request.set_request_id(std::string(129, 'x'));
  EXPECT_THAT(ViolationsOf(request),
              ::testing::ElementsAre("parent FIELD_TOO_LONG", "note.text FIELD_TEXT", "request_id FIELD_TOO_LONG"));
  request.set_parent(std::string(4096, 'x'));
  request.mutable_note()->set_text("ok");
  request.set_request_id(std::string(128, 'x'));
  EXPECT_TRUE(CheckFields(request).ok());
}

TEST(CheckFields, Elements) {
  echo::BatchGetNotesRequest batch;
  EXPECT_THAT(ViolationsOf(batch), ::testing::ElementsAre("requests FIELD_REQUIRED"));
  for (int i = 0; i < 1000; ++i) {
    batch.add_requests()->set_name("n");
  }
  EXPECT_TRUE(CheckFields(batch).ok());
  batch.mutable_requests(3)->clear_name();
  EXPECT_THAT(ViolationsOf(batch), ::testing::ElementsAre("requests[3].name FIELD_REQUIRED"));
  batch.add_requests();
  EXPECT_THAT(ViolationsOf(batch), ::testing::ElementsAre("requests FIELD_TOO_MANY"));
}

}  // namespace
}  // namespace ruraledu::rpc
