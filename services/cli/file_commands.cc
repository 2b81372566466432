// files: attachments of a service - put, get, list, erase.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/files/v1/files.pb.h"
#include "services/cli/attachment.h"
#include "services/cli/commands.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::files::v1;
using ruraledu::common::v1::DataClass;

struct Options {
  std::string service = "student_aid", county, student, owner, name, file, kind = "evidence",
              content_class = "sensitive", purpose;
};

// --owner, or the student of the county.
absl::StatusOr<std::string> OwnerOf(Session& session, const Options& options) {
  if (!options.owner.empty()) {
    return options.owner;
  }
  if (options.student.empty()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--student"}, {"problem", "or --owner says whose file it is"}});
  }
  ASSIGN_OR_RETURN(const std::string parent, session.County(options.county));
  return absl::StrCat(parent, "/students/", options.student);
}

std::string StateText(const v1::File& file) {
  return absl::AsciiStrToLower(EnumText(file.state()));
}

absl::Status SayFile(Session& session, const v1::File& file) {
  if (session.console().json) {
    return session.PrintJson(file);
  }
  session.Say(absl::StrCat(file.name(), ": ", StateText(file),
                           file.refusal().empty() ? "" : absl::StrCat(", ", file.refusal())),
              {{"name", file.name()}, {"state", StateText(file)}});
  return absl::OkStatus();
}

absl::StatusOr<v1::File> NewFile(Session& session, const Options& options) {
  v1::File file;
  ASSIGN_OR_RETURN(*file.mutable_owner(), OwnerOf(session, options));
  const auto kind = EnumOf<v1::FileKind>(absl::AsciiStrToUpper(options.kind));
  if (!kind.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--kind"}, {"problem", "evidence, promise, signed_notice or other"}});
  }
  const auto content_class = EnumOf<DataClass>(absl::AsciiStrToUpper(options.content_class));
  if (!content_class.has_value()) {
    return Fail("CLI_ARGUMENT", {{"argument", "--class"}, {"problem", "public, personal, identifier or sensitive"}});
  }
  file.set_kind(*kind);
  file.set_content_class(*content_class);
  return file;
}

absl::Status PutFile(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(v1::File about, NewFile(session, options));
  ASSIGN_OR_RETURN(const v1::File file, PutAttachment(session, options.service, options.file, std::move(about)));
  return SayFile(session, file);
}

absl::Status GetFile(Session& session, const Options& options) {
  v1::GetFileRequest about;
  about.set_name(options.name);
  ASSIGN_OR_RETURN(const v1::File file, session.Call<v1::File>(options.service, "GetFile", about));
  ASSIGN_OR_RETURN(const auto out, PrivateFile::Create(options.file));
  v1::ReadFileRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(rpc::Client* const client, session.Client(options.service));
  RETURN_IF_ERROR(client->Stream<v1::ReadFileResponse>(
      "ReadFile", request, [&](const v1::ReadFileResponse& response) { return out->Write(response.data()); },
      {.timeout = absl::Hours(1), .purpose = options.purpose}));
  if (out->bytes() != file.total_bytes()) {
    return Fail("FILE_TRUNCATED");
  }
  RETURN_IF_ERROR(out->Keep());
  session.Say(absl::StrCat(options.file, ": ", Grouped(out->bytes()), " bytes, ", file.media_type()),
              {{"file", options.file}, {"media_type", file.media_type()}});
  return absl::OkStatus();
}

absl::Status ListFiles(Session& session, const Options& options) {
  v1::ListFilesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_owner(), OwnerOf(session, options));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListFilesResponse>(options.service, "ListFiles", request, 0));
  Table table({{"类别 kind"}, {"状态 state"}, {"类型 type"}, {"字节 bytes", true}, {"资源名 resource"}});
  for (const v1::File& file : all.files()) {
    table.Add({absl::AsciiStrToLower(EnumText(file.kind())), StateText(file), file.media_type(),
               Grouped(file.total_bytes()), file.name()});
  }
  return session.Print(all, table);
}

absl::Status EraseFile(Session& session, const Options& options) {
  v1::EraseFileRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto file, session.Call<v1::File>(options.service, "EraseFile", request));
  return SayFile(session, file);
}

void AddOwner(CLI::App& command, Options& options) {
  command.add_option("--student", options.student, "id of the student whose file it is");
  command.add_option("--county", options.county, "six digits");
  command.add_option("--owner", options.owner, "or any record that files belong to, by its resource name");
}

}  // namespace

void AddFileCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* files = root.add_subcommand("files", "attachments: evidence, promises, signed notices");
  files->require_subcommand(1);
  files->add_option("--service", options->service, "the service that keeps them")->capture_default_str();
  CLI::App* put = files->add_subcommand("put", "uploads a file: PDF, JPEG, PNG, XLSX, DOCX, OFD, text or ISO 20022");
  put->add_option("file", options->file)->required()->check(CLI::ExistingFile);
  put->add_option("--kind", options->kind, "evidence, promise, signed_notice, other")->capture_default_str();
  put->add_option("--class", options->content_class, "what is in it: public, personal, identifier, sensitive")
      ->capture_default_str();
  AddOwner(*put, *options);
  OnCommand(put, chosen, options, PutFile);
  CLI::App* get = files->add_subcommand("get", "saves the content of a file; sensitive content needs --purpose");
  get->add_option("name", options->name, "counties/411728/files/...")->required();
  get->add_option("--out", options->file, "new file to write")->required();
  get->add_option("--purpose", options->purpose, "why; reading sensitive content is journalled");
  OnCommand(get, chosen, options, GetFile);
  CLI::App* list = files->add_subcommand("list", "the files of a student or another record");
  AddOwner(*list, *options);
  OnCommand(list, chosen, options, ListFiles);
  CLI::App* erase = files->add_subcommand("erase", "erases content and name of a file for ever");
  erase->add_option("name", options->name, "counties/411728/files/...")->required();
  OnCommand(erase, chosen, options, EraseFile);
}

}  // namespace ruraledu::cli
