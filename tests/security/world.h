// A county with one of everything, behind the real processes of the suite, and callers of every kind. Calls are made on
// the wire, by descriptor: a service or method that is added to the contracts is called without a line here.
//
// RURALEDU_ALL_IN_ONE=1 runs the same against one process that hosts all services, RURALEDU_POSTGRES=1 on PostgreSQL.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ruraledu/common/v1/options.pb.h"
#include "ruraledu/common/v1/types.pb.h"
#include "tests/lib/suite.h"

namespace ruraledu::security {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// What a caller sees of an answer, byte by byte. Of a stream: the first message.
struct Answer {
  int code = 0;  // of gRPC
  std::string message, details;
  std::vector<std::string> bodies;

  bool ok() const { return code == 0; }
  std::string reason() const;  // of the ErrorInfo
  std::string text() const;    // for failures of tests
  friend bool operator==(const Answer& a, const Answer& b) {
    return a.code == b.code && a.message == b.message && a.details == b.details;
  }
};

// How a call presents itself.
struct Who {
  std::string token;        // "" = none
  std::string certificate;  // profile whose client certificate is shown, "" = none
  std::string purpose;
  bool after = false;  // waits for everything that this test reached
};

// Claims of a token that is signed by hand, so that wrong ones can be made.
struct TokenClaims {
  std::string subject, issuer = "ruraledu", audience, session = "s-1";
  int64_t issued_ago_s = 0, lives_s = 600;
  bool foreign_key = false;  // signed by a key that nobody trusts
};

// One request of requests.txt as it was sent.
struct Case {
  std::string service;  // "registry"
  const MethodDescriptor* method = nullptr;
  std::string who = "own";
  std::string purpose;
  bool after = false;
  std::unique_ptr<Message> request;
  std::vector<std::string> bodies;  // the answer of its positive control
  std::string refused;              // or the rule that its control reaches
  int line = 0;

  std::string text() const;
};

class World {
 public:
  // Started by the first call: identities, services, the requests of requests.txt from top to bottom.
  static World& Get();
  static void End();
  ~World();

  // Every method of every service of the suite that is linked into this program.
  static std::vector<const MethodDescriptor*> Methods();
  static std::string ServiceOf(const MethodDescriptor& method);  // "registry"
  static const ruraledu::common::v1::Access& AccessOf(const MethodDescriptor& method);
  static std::unique_ptr<Message> New(const google::protobuf::Descriptor& type);

  const std::vector<Case>& cases() const { return cases_; }
  const std::vector<std::string>& failures() const { return failures_; }  // of positive controls
  const std::string& value(const std::string& name) const;                // saved by a request

  // Safe to use from several threads.
  Answer Call(const MethodDescriptor& method, const Message& request, const Who& who);
  Answer Call(const std::string& service, const std::string& method, const std::string& text_request, const Who& who);
  // A value in an answer by its path: "grants.0.name"; "" when it is not there.
  static std::string In(const Answer& answer, const std::string& service, const std::string& method,
                        const std::string& path);
  // Accounts, all with the permissions of role JOB, "everything", in their area:
  //   own, second  411728      foreign  500243      neighbour  township 411728104      township  411728103
  //   country      everywhere  nobody   no permission at all
  //   reader       411728, roles of officers and administrators that may not unmask
  Who As(const std::string& profile, std::string purpose = "") const;
  std::string Token(const TokenClaims& claims) const;
  testlib::Suite& suite() { return *suite_; }
  std::string Fill(std::string text) const;  // replaces <variables>

 private:
  World();
  static const MethodDescriptor* Find(const std::string& service, const std::string& method);  // null: none
  void AwaitAccounts();
  void RunScript();
  void RunCase(Case& one, const std::map<std::string, std::string>& saves, const std::string& until);

  std::unique_ptr<testlib::Suite> suite_;
  std::string token_key_, other_key_, key_id_;
  std::map<std::string, std::string> values_;
  std::vector<Case> cases_;
  std::vector<std::string> failures_;
  std::mutex mutex_;
  ruraledu::common::v1::Positions reached_;  // guarded by mutex_
};

}  // namespace ruraledu::security
