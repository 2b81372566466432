// What answers show: classified fields, page tokens, etags.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "tests/security/planted.h"
#include "tests/security/world.h"

namespace ruraledu::security {
namespace {

namespace v1 = ruraledu::common::v1;
using google::protobuf::FieldDescriptor;

// Classified fields that are set and not masked, by path. Masked is: an identity number with stars.
void Unmasked(const Message& message, const std::string& at, std::vector<std::string>* found) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = absl::StrCat(at, ".", field->name());
    if (field->options().GetExtension(v1::data_class) >= v1::DATA_CLASS_IDENTIFIER) {
      const bool stars =
          field->name() == "id_number" && absl::StrContains(message.GetReflection()->GetString(message, field), "*");
      if (!stars) {
        found->push_back(path);
      }
      continue;
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) {
      continue;
    }
    if (field->is_repeated()) {
      for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
        Unmasked(message.GetReflection()->GetRepeatedMessage(message, field, i), path, found);
      }
    } else {
      Unmasked(message.GetReflection()->GetMessage(message, field), path, found);
    }
  }
}

bool AsksForPersonalParts(const Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("with_personal");
  return field != nullptr && request.GetReflection()->GetBool(request, field);
}

const FieldDescriptor* Field(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

class Answers : public ::testing::Test {
 protected:
  void CheckMasked(const Case& one, const std::string& who, const std::string& body) {
    const auto response = World::New(*one.method->output_type());
    ASSERT_TRUE(response->ParseFromString(body));
    std::vector<std::string> unmasked;
    Unmasked(*response, one.method->output_type()->name(), &unmasked);
    for (const std::string& path : unmasked) {
      ADD_FAILURE() << who << " sees " << path << " by " << one.text();
    }
    for (const std::string_view planted : kPlantedIdentifiers) {
      EXPECT_FALSE(absl::StrContains(body, planted)) << who << " sees " << planted << " by " << one.text();
    }
    for (const std::string_view planted : kPlantedSensitive) {
      EXPECT_FALSE(absl::StrContains(body, planted)) << who << " sees " << planted << " by " << one.text();
    }
  }

  // Of the county's journal, through which every change of the county goes.
  std::string Head(const std::string& service) {
    const Answer page = world.Call(service, "ListJournal", "parent: \"counties/411728\" page_size: 1", world.As("own"));
    return page.ok() ? World::In(page, service, "ListJournal", "head.seq") : page.text();
  }

  World& world = World::Get();
};

// Stateless methods answer from what the caller itself states; the feed's personal parts have a permission of their
// own.
TEST_F(Answers, ClassifiedFieldsStayMasked) {
  int read = 0;
  for (const Case& one : world.cases()) {
    if (World::AccessOf(*one.method).scope() == v1::SCOPE_KIND_GLOBAL) {
      continue;
    }
    if (!AsksForPersonalParts(*one.request)) {
      for (const std::string& body : one.bodies) {
        CheckMasked(one, "own", body);
      }
    }
    if (World::AccessOf(*one.method).idempotency() != v1::IDEMPOTENCY_READ) {
      continue;
    }
    const Answer answer = world.Call(*one.method, *one.request, world.As("reader"));
    if (AsksForPersonalParts(*one.request)) {
      EXPECT_EQ(answer.reason(), "PERMISSION_DENIED") << one.text();
    } else if (answer.ok()) {
      ++read;
      CheckMasked(one, "reader", answer.bodies.front());
    }
  }
  EXPECT_GT(read, 30) << "the reader reads most of what there is";
}

TEST_F(Answers, UnmaskingNeedsPermissionAndPurpose) {
  int methods = 0;
  for (const Case& one : world.cases()) {
    for (const char* flag : {"unmask", "with_originals"}) {
      const FieldDescriptor* field = Field(*one.request, flag);
      if (field == nullptr || !one.refused.empty()) {
        continue;
      }
      ++methods;
      const auto request = World::New(*one.method->input_type());
      request->CopyFrom(*one.request);
      request->GetReflection()->SetBool(request.get(), field, true);
      const std::string text = absl::StrCat(flag, " ", one.text());
      EXPECT_EQ(world.Call(*one.method, *request, world.As("own")).reason(), "PURPOSE_REQUIRED") << text;
      EXPECT_EQ(world.Call(*one.method, *request, world.As("reader", "AID_REVIEW")).reason(), "PERMISSION_DENIED")
          << text;
      EXPECT_EQ(world.Call(*one.method, *request, world.As("own", "AID_REVIEW")).reason(), "PERMISSION_DENIED")
          << "no grant names the purpose: " << text;
      EXPECT_EQ(world.Call(*one.method, *request, world.As("foreign", "AID_REVIEW")).reason(), "PERMISSION_DENIED")
          << text;
    }
  }
  EXPECT_GE(methods, 5);
}

TEST_F(Answers, PageTokensAreBoundToTheirQuestion) {
  std::string foreign_token, foreign_method;
  std::set<std::string> lists;
  for (const Case& one : world.cases()) {
    const FieldDescriptor* token_field = Field(*one.request, "page_token");
    const FieldDescriptor* next = one.method->output_type()->FindFieldByName("next_page_token");
    if (token_field == nullptr || next == nullptr || one.who != "own" || !one.refused.empty()) {
      continue;
    }
    lists.insert(one.method->full_name());
    const auto with = [&](const std::string& token) {
      const auto request = World::New(*one.method->input_type());
      request->CopyFrom(*one.request);
      request->GetReflection()->SetString(request.get(), token_field, token);
      return world.Call(*one.method, *request, world.As("own")).reason();
    };
    EXPECT_EQ(with("no token"), "PAGE_TOKEN") << one.text();
    EXPECT_EQ(with("AAAAAAAAAAAAAAAAAAAAAAAA"), "PAGE_TOKEN") << one.text();
    if (!foreign_token.empty() && foreign_method != one.method->name()) {
      EXPECT_EQ(with(foreign_token), "PAGE_TOKEN") << "of another list: " << one.text();
    }
    const auto response = World::New(*one.method->output_type());
    ASSERT_FALSE(one.bodies.empty()) << one.text();
    response->ParseFromString(one.bodies.front());
    const std::string token = response->GetReflection()->GetString(*response, next);
    if (token.empty()) {
      continue;
    }
    foreign_token = token;
    foreign_method = one.method->name();  // services share messages, so that such a token is not told apart
    EXPECT_EQ(with(token), "OK") << one.text();
    for (const size_t at : {size_t{0}, size_t{5}}) {
      std::string tampered = token;
      tampered[at] = tampered[at] == 'B' ? 'C' : 'B';
      EXPECT_EQ(with(tampered), "PAGE_TOKEN") << "changed at " << at << ": " << one.text();
    }
  }
  EXPECT_FALSE(foreign_token.empty());
  EXPECT_GT(lists.size(), 15u);
}

TEST_F(Answers, APageTokenOfAnotherFilterIsRefused) {
  struct Row {
    std::string service, method, filter, other;
  };
  for (const Row& row : std::vector<Row>{
           {"registry", "ListStudents", "page_size: 1", "page_size: 1 stage: \"PRI\""},
           {"registry", "ListSchools", "page_size: 1", "page_size: 1 with_closed: true"},
           {"registry", "ListJobs", "page_size: 1", "page_size: 1 kind: \"import_check\""},
           {"student_aid", "ListDecisions", "page_size: 1 term: \"2026-2027-1\"", "page_size: 1 term: \"2025-2026-2\""},
       }) {
    const auto list = [&](const std::string& filter) {
      return world.Call(row.service, row.method, absl::StrCat("parent: \"counties/411728\" ", filter), world.As("own"));
    };
    const Answer first = list(row.filter);
    ASSERT_TRUE(first.ok()) << row.method << " " << first.text();
    const std::string token = World::In(first, row.service, row.method, "next_page_token");
    ASSERT_FALSE(token.empty()) << row.method;
    EXPECT_EQ(list(absl::StrCat(row.filter, " page_token: \"", token, "\"")).reason(), "OK") << row.method;
    EXPECT_EQ(list(absl::StrCat(row.other, " page_token: \"", token, "\"")).reason(), "PAGE_TOKEN") << row.method;
  }
}

// Nothing of it is in the county's journal afterwards.
TEST_F(Answers, AStaleEtagIsAborted) {
  int methods = 0;
  std::map<std::string, std::string> heads;  // by service
  for (const Case& one : world.cases()) {
    if (World::AccessOf(*one.method).idempotency() != v1::IDEMPOTENCY_REQUEST_ID || !one.refused.empty()) {
      continue;
    }
    const auto request = World::New(*one.method->input_type());
    request->CopyFrom(*one.request);
    Message* holder = request.get();
    if (Field(*holder, "etag") == nullptr) {
      // "school.name": the etag stands beside the name.
      const std::string& scope = World::AccessOf(*one.method).scope_field();
      const size_t dot = scope.find('.');
      if (dot == std::string::npos) {
        continue;
      }
      holder = holder->GetReflection()->MutableMessage(holder, Field(*holder, scope.substr(0, dot).c_str()));
      if (Field(*holder, "etag") == nullptr) {
        continue;
      }
    }
    ++methods;
    heads.emplace(one.service, Head(one.service));
    holder->GetReflection()->SetString(holder, Field(*holder, "etag"), "\"1\"");
    request->GetReflection()->SetString(request.get(), Field(*request, "request_id"), absl::StrCat("stale-", methods));
    const Answer answer = world.Call(*one.method, *request, world.As("own"));
    EXPECT_EQ(answer.reason(), "ETAG_MISMATCH") << one.text() << "\n" << answer.text();
    EXPECT_EQ(answer.code, 10) << "ABORTED";
  }
  EXPECT_GE(methods, 7);
  for (const auto& [service, before] : heads) {
    EXPECT_EQ(Head(service), before) << service;
  }
}

TEST_F(Answers, AHeadThatNeverWasIsNotSigned) {
  for (const Case& one : world.cases()) {
    if (one.method->name() != "SignHead") {
      continue;
    }
    const auto with = [&](const std::string& change) {
      const auto request = World::New(*one.method->input_type());
      request->CopyFrom(*one.request);
      EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(change, request.get()));
      return world.Call(*one.method, *request, world.As("own")).reason();
    };
    EXPECT_EQ(with(""), "OK") << one.text();
    EXPECT_EQ(with("head { position { hash: \"0123\" } }"), "FEED_REPLACED") << one.text();
    EXPECT_EQ(with("head { position { seq: 1000000 } }"), "FEED_REPLACED") << one.text();
    EXPECT_EQ(with("head { position { instance: \"other\" } }"), "FEED_REPLACED") << one.text();
    EXPECT_EQ(with("head { position { service: \"other\" } }"), "FEED_REPLACED") << one.text();
    EXPECT_EQ(with("head { position { shard: \"c411729\" } }"), "FEED_REPLACED") << one.text();
    EXPECT_EQ(with("head { signature: \"short\" }"), "SIGNATURE_INVALID") << one.text();
  }
}

// The answer is read again, so it may tell more by now; it is about the same thing, and nothing is written.
TEST_F(Answers, ARepeatedRequestIsAnsweredOnce) {
  int methods = 0;
  for (const Case& one : world.cases()) {
    if (World::AccessOf(*one.method).idempotency() != v1::IDEMPOTENCY_REQUEST_ID || !one.refused.empty()) {
      continue;
    }
    const auto name = [&](const Answer& answer) { return World::In(answer, one.service, one.method->name(), "name"); };
    const std::string first = name({.bodies = one.bodies});
    if (first == world.value("graduate")) {
      continue;  // erased since: there is nothing to read again
    }
    const std::string before = Head(one.service);
    const Answer again = world.Call(*one.method, *one.request, world.As(one.who, one.purpose));
    ++methods;
    EXPECT_TRUE(again.ok()) << one.text() << "\n" << again.text();
    EXPECT_EQ(name(again), first) << one.text();
    EXPECT_EQ(Head(one.service), before) << one.text();
  }
  EXPECT_GT(methods, 100);
}

TEST_F(Answers, ARepeatedRequestWithAnotherContentIsRefused) {
  int methods = 0;
  for (const Case& one : world.cases()) {
    if (World::AccessOf(*one.method).idempotency() != v1::IDEMPOTENCY_REQUEST_ID || !one.refused.empty()) {
      continue;
    }
    if (World::In({.bodies = one.bodies}, one.service, one.method->name(), "name") == world.value("graduate")) {
      continue;  // erased since: the number may be another person's by now
    }
    const auto request = World::New(*one.method->input_type());
    request->CopyFrom(*one.request);
    // Another content of the same kind: a field that is not known here is content, too.
    request->GetReflection()->MutableUnknownFields(request.get())->AddVarint(19999, 1);
    const Answer answer = world.Call(*one.method, *request, world.As(one.who));
    ++methods;
    EXPECT_EQ(answer.reason(), "REQUEST_ID_REUSED") << one.text() << "\n" << answer.text();
  }
  EXPECT_GT(methods, 20);
}

}  // namespace
}  // namespace ruraledu::security
