#include "tests/security/world.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/crypto/hash.h"
#include "common/crypto/signing.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/lib/day.h"
#include "tests/security/planted.h"

RURALEDU_MOVES_DAYS();

namespace ruraledu::security {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

constexpr char kDay[] = "2026-11-30";  // of the requests: their calendars, terms and notices
constexpr absl::Duration kCallWithin = absl::Seconds(60);
constexpr absl::Duration kUntilWithin = absl::Seconds(120);

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}

grpc::ByteBuffer ToBuffer(const Message& message) {
  grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

std::string FromBuffer(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return bytes;
}

// "runs.0.name" in a message; "" when it is not there.
std::string ValueAt(const Message& message, std::string_view path) {
  const std::pair<std::string_view, std::string_view> step = absl::StrSplit(path, absl::MaxSplits('.', 1));
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(step.first));
  const auto* reflection = message.GetReflection();
  if (field == nullptr) {
    return "";
  }
  if (field->is_repeated()) {
    const std::pair<std::string_view, std::string_view> rest = absl::StrSplit(step.second, absl::MaxSplits('.', 1));
    int index = 0;
    if (!absl::SimpleAtoi(rest.first, &index) || index >= reflection->FieldSize(message, field)) {
      return "";
    }
    return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE
               ? ValueAt(reflection->GetRepeatedMessage(message, field, index), rest.second)
               : reflection->GetRepeatedString(message, field, index);
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ValueAt(reflection->GetMessage(message, field), step.second);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->GetEnum(message, field)->name();
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection->GetInt64(message, field));
    default:
      if (field->type() == FieldDescriptor::TYPE_BYTES) {
        return absl::CHexEscape(reflection->GetString(message, field));
      }
      return reflection->GetString(message, field);
  }
}

std::shared_ptr<grpc::Channel> ChannelTo(const testlib::Suite& suite, const std::string& service,
                                         const std::string& certificate) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<grpc::Channel>> channels;
  const std::lock_guard lock(mutex);
  auto& channel = channels[absl::StrCat(suite.address(service), " ", certificate)];
  if (channel == nullptr) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadFile(suite.home() + "/pki/ca.crt");
    if (!certificate.empty()) {
      options.pem_cert_chain = ReadFile(absl::StrCat(suite.home(), "/pki/", certificate, ".crt"));
      options.pem_private_key = ReadFile(absl::StrCat(suite.home(), "/pki/", certificate, ".key"));
    }
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    channel = grpc::CreateCustomChannel(suite.address(service), grpc::SslCredentials(options), arguments);
  }
  return channel;
}

std::vector<testlib::SuiteAccount> Accounts() {
  std::vector<testlib::SuiteAccount> accounts = {{"own", "P-own", "JOB", "411728"},
                                                 {"second", "P-second", "JOB", "411728"},
                                                 {"third", "P-third", "JOB", "411728"},
                                                 {"fourth", "P-fourth", "JOB", "411728"},
                                                 {"fifth", "P-fifth", "JOB", "411728"},
                                                 {"foreign", "P-foreign", "JOB", "500243"},
                                                 {"neighbour", "P-neighbour", "JOB", "411728104"},
                                                 {"township", "P-township", "JOB", "411728103"},
                                                 {"country", "P-country", "JOB", ""},
                                                 {"nobody", "P-nobody", "NO_SUCH_ROLE", "411728"}};
  for (const char* role : {"AUDIT_ADMIN", "CITY_VIEWER", "IMPORT_OPERATOR", "INTEGRATION", "SCHOOL_REGISTRAR",
                           "SECURITY_ADMIN", "SYSTEM_ADMIN", "TOWNSHIP_OFFICER"}) {
    accounts.push_back({"reader", "P-reader", role, "411728"});
  }
  return accounts;
}

std::unique_ptr<World>& Kept() {
  static std::unique_ptr<World> world;
  return world;
}

}  // namespace

std::string Answer::reason() const {
  google::rpc::Status status;
  status.ParseFromString(details);
  for (const auto& any : status.details()) {
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&info)) {
      return info.reason();
    }
  }
  return ok() ? "OK" : "";
}

std::string Answer::text() const {
  return absl::StrCat(code, " ", reason(), " ", message, " ", absl::CHexEscape(details));
}

std::string Case::text() const {
  return absl::StrCat("requests.txt:", line, " ", service, ".", method->name(), " { ", request->ShortDebugString(),
                      " }");
}

World& World::Get() {
  if (Kept() == nullptr) {
    Kept().reset(new World());
    Kept()->RunScript();
  }
  return *Kept();
}

void World::End() {
  Kept().reset();
}

World::World() {
  testlib::SetDay(kDay);
  suite_ =
      std::make_unique<testlib::Suite>(testlib::SuiteOptions{.all_in_one = getenv("RURALEDU_ALL_IN_ONE") != nullptr,
                                                             .postgres = getenv("RURALEDU_POSTGRES") != nullptr,
                                                             .accounts = Accounts()});
  suite_->Start();
  token_key_ = Must(crypto::ReadPemFile(suite_->home() + "/keys/tokens.key"));
  key_id_ = Must(crypto::PublicKeyId(token_key_));
  AwaitAccounts();
  other_key_ = crypto::GenerateEd25519().private_pem;
  const std::string file = std::string(kCivilAffairsFile);
  values_ = {{"file_bytes", absl::StrCat(file.size())},
             {"file_data", absl::CHexEscape(file)},
             {"file_sha256", absl::CHexEscape(crypto::Sha256({file}))}};
}

World::~World() {
  suite_.reset();
  testlib::SetDay("");
}

// The other services know the accounts as soon as they have followed the registry's journal.
void World::AwaitAccounts() {
  const absl::Time deadline = absl::Now() + kUntilWithin;
  for (const MethodDescriptor* method : Methods()) {
    const bool lists_shards = method->name() == "ListShards";
    while (lists_shards && !Call(*method, *New(*method->input_type()), As("country")).ok()) {
      if (absl::Now() > deadline) {
        failures_.push_back(absl::StrCat(ServiceOf(*method), " never learns of the accounts"));
        return;
      }
      std::this_thread::yield();
    }
  }
}

std::vector<const MethodDescriptor*> World::Methods() {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::sort(files.begin(), files.end());
  std::vector<const MethodDescriptor*> methods;
  for (const std::string& name : files) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    const bool ours = absl::StartsWith(file->package(), "ruraledu.") && file->package() != "ruraledu.testing.v1";
    for (int i = 0; ours && i < file->service_count(); ++i) {
      for (int m = 0; m < file->service(i)->method_count(); ++m) {
        methods.push_back(file->service(i)->method(m));
      }
    }
  }
  return methods;
}

std::string World::ServiceOf(const MethodDescriptor& method) {
  const std::vector<std::string> parts = absl::StrSplit(method.file()->package(), '.');
  return parts.at(1);
}

const ruraledu::common::v1::Access& World::AccessOf(const MethodDescriptor& method) {
  return method.options().GetExtension(ruraledu::common::v1::access);
}

std::unique_ptr<Message> World::New(const Descriptor& type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

const std::string& World::value(const std::string& name) const {
  static const std::string none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

std::string World::Fill(std::string text) const {
  for (const auto& [name, value] : values_) {
    absl::StrReplaceAll({{absl::StrCat("<", name, ">"), value}}, &text);
  }
  return text;
}

std::string World::Token(const TokenClaims& claims) const {
  const int64_t issued = absl::ToUnixSeconds(absl::Now()) - claims.issued_ago_s;
  const std::string header = absl::StrCat(R"({"alg":"EdDSA","typ":"JWT","kid":")", key_id_, R"("})");
  const std::string audience = claims.audience.empty() ? "" : absl::StrCat(R"("aud":")", claims.audience, R"(",)");
  const std::string payload =
      absl::StrCat("{", audience, R"("sub":")", claims.subject, R"(","iss":")", claims.issuer, R"(","sid":")",
                   claims.session, R"(","iat":)", issued, R"(,"exp":)", issued + claims.lives_s, "}");
  const std::string text = absl::StrCat(crypto::Base64Url(header), ".", crypto::Base64Url(payload));
  const std::string signature = Must(crypto::SignBytes(claims.foreign_key ? other_key_ : token_key_, text));
  return absl::StrCat(text, ".", crypto::Base64Url(signature));
}

Who World::As(const std::string& profile, std::string purpose) const {
  return {.token = Token({.subject = profile}), .certificate = "", .purpose = std::move(purpose)};
}

Answer World::Call(const MethodDescriptor& method, const Message& request, const Who& who) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kCallWithin));
  if (!who.token.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", who.token));
  }
  if (!who.purpose.empty()) {
    context.AddMetadata("ruraledu-purpose", who.purpose);
  }
  if (who.after) {
    const std::lock_guard lock(mutex_);
    context.AddMetadata("ruraledu-after-bin", reached_.SerializeAsString());
  }
  const auto channel = ChannelTo(*suite_, ServiceOf(method), who.certificate);
  if (channel->GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
    // A connection goes forward only while somebody polls: calls that fail at once would never reach a restarted
    // server.
    channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
  }
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  Answer answer;
  grpc::Status status;
  if (method.client_streaming()) {
    const grpc::internal::RpcMethod rpc(path.c_str(), nullptr, grpc::internal::RpcMethod::BIDI_STREAMING);
    using Stream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
    const std::unique_ptr<Stream> stream(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(channel.get(), rpc,
                                                                                              &context));
    grpc::ByteBuffer message;
    if (stream->Write(ToBuffer(request)) && stream->Read(&message)) {
      answer.bodies.push_back(FromBuffer(message));
    }
    stream->WritesDone();
    status = stream->Finish();
  } else if (method.server_streaming()) {
    const grpc::internal::RpcMethod rpc(path.c_str(), nullptr, grpc::internal::RpcMethod::SERVER_STREAMING);
    const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
        grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel.get(), rpc, &context, ToBuffer(request)));
    grpc::ByteBuffer message;
    if (reader->Read(&message)) {
      answer.bodies.push_back(FromBuffer(message));
      context.TryCancel();
      reader->Finish();
      return answer;
    }
    status = reader->Finish();
  } else {
    const grpc::internal::RpcMethod rpc(path.c_str(), nullptr, grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ByteBuffer response;
    status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(channel.get(), rpc, &context,
                                                                                   ToBuffer(request), &response);
    if (status.ok()) {
      answer.bodies.push_back(FromBuffer(response));
    }
    const auto& trailers = context.GetServerTrailingMetadata();
    if (const auto found = trailers.find("ruraledu-positions-bin"); found != trailers.end()) {
      ruraledu::common::v1::Positions positions;
      positions.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()));
      const std::lock_guard lock(mutex_);
      for (const auto& position : positions.positions()) {
        auto* all = reached_.mutable_positions();
        const auto known = std::find_if(all->begin(), all->end(), [&](const auto& other) {
          return other.service() == position.service() && other.shard() == position.shard();
        });
        *(known == all->end() ? all->Add() : &*known) = position;
      }
    }
  }
  answer.code = status.error_code();
  answer.message = status.error_message();
  answer.details = status.error_details();
  return answer;
}

const MethodDescriptor* World::Find(const std::string& service, const std::string& method) {
  for (const MethodDescriptor* known : Methods()) {
    if (ServiceOf(*known) == service && known->name() == method) {
      return known;
    }
  }
  return nullptr;
}

Answer World::Call(const std::string& service, const std::string& method, const std::string& text_request,
                   const Who& who) {
  const MethodDescriptor* known = Find(service, method);
  const auto request = known == nullptr ? nullptr : New(*known->input_type());
  if (request == nullptr || !google::protobuf::TextFormat::ParseFromString(Fill(text_request), request.get())) {
    std::cerr << "not a request of " << service << "." << method << ": " << Fill(text_request) << "\n";
    std::abort();
  }
  return Call(*known, *request, who);
}

std::string World::In(const Answer& answer, const std::string& service, const std::string& method,
                      const std::string& path) {
  if (answer.bodies.empty()) {
    return "";
  }
  const auto response = New(*Find(service, method)->output_type());
  response->ParseFromString(answer.bodies.front());
  return ValueAt(*response, path);
}

void World::RunCase(Case& one, const std::map<std::string, std::string>& saves, const std::string& until) {
  const absl::Time deadline = absl::Now() + kUntilWithin;
  while (true) {
    Who who = As(one.who, one.purpose);
    who.after = one.after;
    if (AccessOf(*one.method).scope() == ruraledu::common::v1::SCOPE_KIND_SUBJECT) {
      who = {.token = "", .certificate = one.who, .purpose = ""};
    }
    Answer answer = Call(*one.method, *one.request, who);
    if (!one.refused.empty() && answer.reason() == one.refused) {
      return;
    }
    if (!answer.ok() || !one.refused.empty()) {
      failures_.push_back(absl::StrCat(one.text(), "\n  ", answer.text()));
      return;
    }
    const auto response = New(*one.method->output_type());
    response->ParseFromString(answer.bodies.front());
    const std::pair<std::string, std::string> wanted = absl::StrSplit(until, absl::MaxSplits('=', 1));
    if (until.empty() || ValueAt(*response, wanted.first) == wanted.second) {
      one.bodies = std::move(answer.bodies);
      for (const auto& [variable, path] : saves) {
        values_[variable] = ValueAt(*response, path);
        if (values_[variable].empty()) {
          failures_.push_back(absl::StrCat(one.text(), "\n  no ", path, " in ", response->ShortDebugString()));
        }
      }
      return;
    }
    if (absl::Now() > deadline) {
      failures_.push_back(absl::StrCat(one.text(), "\n  never ", until, ": ", response->ShortDebugString()));
      return;
    }
    std::this_thread::yield();
  }
}

void World::RunScript() {
  const std::vector<std::string> lines =
      absl::StrSplit(ReadFile(RURALEDU_SOURCE_DIR "/tests/security/requests.txt"), '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!absl::StartsWith(lines[i], "## ")) {
      continue;
    }
    const std::vector<std::string> words = absl::StrSplit(lines[i].substr(3), ' ', absl::SkipEmpty());
    Case one{.service = words.at(0), .line = static_cast<int>(i) + 1};
    std::map<std::string, std::string> saves;
    std::string until;
    for (size_t w = 2; w < words.size(); ++w) {
      if (words[w] == "after") {
        one.after = true;
        continue;
      }
      const std::string& argument = words.at(w + 1);
      if (words[w] == "save") {
        const std::pair<std::string, std::string> save = absl::StrSplit(argument, absl::MaxSplits('=', 1));
        saves.insert(save);
      } else if (words[w] == "until") {
        until = argument;
      } else if (words[w] == "refused") {
        one.refused = argument;
      } else if (words[w] == "as") {
        one.who = argument;
      } else if (words[w] == "purpose") {
        one.purpose = argument;
      } else {
        failures_.push_back(absl::StrCat("requests.txt:", i + 1, " has an unknown word ", words[w]));
      }
      ++w;
    }
    one.method = Find(one.service, words.at(1));
    std::string text;
    for (size_t j = i + 1; j < lines.size() && !absl::StartsWith(lines[j], "## "); ++j) {
      absl::StrAppend(&text, lines[j], "\n");
    }
    if (one.method == nullptr) {
      failures_.push_back(absl::StrCat("requests.txt:", i + 1, " names a method that no contract has: ", lines[i]));
      continue;
    }
    one.request = New(*one.method->input_type());
    if (!google::protobuf::TextFormat::ParseFromString(Fill(text), one.request.get())) {
      failures_.push_back(absl::StrCat("requests.txt:", i + 1, " is not a request of ", words.at(1), ": ", Fill(text)));
      continue;
    }
    RunCase(one, saves, until);
    cases_.push_back(std::move(one));
  }
}

}  // namespace ruraledu::security
