// import: files of the departments, one or many.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/enum_text.h"
#include "common/crypto/hash.h"
#include "services/cli/commands.h"
#include "services/cli/upload.h"

namespace ruraledu::cli {
namespace {

namespace fs = std::filesystem;
namespace v1 = ruraledu::registry::v1;

struct Options {
  std::string source, county, batch, mode = "all-or-nothing", school_year, facts_on, name, outcome, reason;
  std::vector<std::string> paths, override_guards;
  bool complete = false, apply = false, originals = false, keep_going = false;
  std::string purpose;
  int64_t limit = 50;
};

// "student_roster", "student-roster" -> IMPORT_SOURCE_STUDENT_ROSTER.
absl::StatusOr<v1::ImportSource> SourceOf(const std::string& text) {
  const auto source = EnumOf<v1::ImportSource>(absl::AsciiStrToUpper(absl::StrReplaceAll(text, {{"-", "_"}})));
  if (source.value_or(v1::IMPORT_SOURCE_UNSPECIFIED) != v1::IMPORT_SOURCE_UNSPECIFIED) {
    return *source;
  }
  const std::string known = absl::AsciiStrToLower(absl::StrJoin(EnumTexts(*v1::ImportSource_descriptor()), ", "));
  return Fail("CLI_ARGUMENT", {{"argument", text}, {"problem", absl::StrCat("one of ", known)}});
}

std::string StateText(const v1::Import& import) {
  return absl::AsciiStrToLower(EnumText(import.state()));
}

// Files of folders in order of name; files as they are.
absl::StatusOr<std::vector<std::string>> FilesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.is_regular_file(error)) {
        inside.push_back(entry.path());
      }
    }
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  if (files.empty()) {
    return Fail("CLI_ARGUMENT", {{"argument", "file"}, {"problem", "no file to import"}});
  }
  return files;
}

Table PreviewTable() {
  return Table({{"文件 file"},
                {"状态 state"},
                {"行 rows", true},
                {"新增 new", true},
                {"变更 changed", true},
                {"不变 same", true},
                {"缺失 missing", true},
                {"错误 errors", true},
                {"重复 duplicates", true},
                {"弱匹配 weak", true}});
}

void AddPreview(Table& table, const v1::Import& import) {
  const v1::ImportPreview& preview = import.preview();
  std::vector<std::string> cells = {import.file_name(), StateText(import)};
  for (const int64_t count : {preview.rows(), preview.new_rows(), preview.changed(), preview.unchanged(),
                              preview.missing(), preview.errors(), preview.duplicates(), preview.weak_matches()}) {
    cells.push_back(Grouped(count));
  }
  table.Add(std::move(cells));
}

void AddTo(v1::ImportPreview* sum, const v1::ImportPreview& one) {
  sum->set_rows(sum->rows() + one.rows());
  sum->set_new_rows(sum->new_rows() + one.new_rows());
  sum->set_changed(sum->changed() + one.changed());
  sum->set_unchanged(sum->unchanged() + one.unchanged());
  sum->set_missing(sum->missing() + one.missing());
  sum->set_errors(sum->errors() + one.errors());
  sum->set_duplicates(sum->duplicates() + one.duplicates());
  sum->set_weak_matches(sum->weak_matches() + one.weak_matches());
  for (const v1::CodeCount& count : one.error_codes()) {
    auto& codes = *sum->mutable_error_codes();
    auto known =
        std::find_if(codes.begin(), codes.end(), [&](const auto& code) { return code.code() == count.code(); });
    if (known == codes.end()) {
      codes.Add()->CopyFrom(count);
    } else {
      known->set_count(known->count() + count.count());
    }
  }
}

void ShowCodes(std::ostream& out, const v1::ImportPreview& preview, const std::string& import) {
  if (preview.error_codes().empty()) {
    return;
  }
  Table codes({{"代码 code"}, {"行 rows", true}});
  for (const v1::CodeCount& code : preview.error_codes()) {
    codes.Add({code.code(), Grouped(code.count())});
  }
  out << codes.Text() << "see: ruraledu import rows " << import << " --outcome ERROR\n";
}

// One file with all that is known of it, few files a line each, many their total.
void Show(Session& session, const v1::ListImportsResponse& done) {
  constexpr int kListed = 20;
  std::ostream& out = session.console().out;
  Table table = PreviewTable();
  v1::Import sum;
  bool ready = false;
  for (const v1::Import& import : done.imports()) {
    AddTo(sum.mutable_preview(), import.preview());
    ready |= import.state() == v1::IMPORT_STATE_READY;
    if (done.imports_size() <= kListed) {
      AddPreview(table, import);
    }
  }
  if (done.imports_size() > 1) {
    sum.set_file_name(absl::StrCat("合计 total of ", done.imports_size()));
    sum.set_state(done.imports().rbegin()->state());
    AddPreview(table, sum);
  }
  out << table.Text();
  const bool one = done.imports_size() == 1;
  ShowCodes(out, sum.preview(), one ? done.imports(0).name() : "<name in ruraledu import list>");
  if (one && done.imports(0).preview().ignored_headers_size() > 0) {
    out << "ignored columns: " << absl::StrJoin(done.imports(0).preview().ignored_headers(), ", ") << "\n";
  }
  if (ready) {
    out << "nothing is applied yet: repeat with --apply\n";
  }
}

// The file's name, or it below the given batch. Ids are at most 64 bytes: a longer one is cut, and what was cut counts
// in its digest, so that the same file always has the same batch.
std::string BatchOf(const std::string& given, const std::string& file, bool many) {
  constexpr size_t kLongest = 64;
  const std::string stem = fs::path(file).stem();
  const std::string batch = given.empty() ? stem : many ? absl::StrCat(given, "/", stem) : given;
  if (batch.size() <= kLongest) {
    return batch;
  }
  const std::string digest = crypto::Hex(crypto::Sha256({batch})).substr(0, 12);
  size_t cut = kLongest - digest.size() - 1;
  while (cut > 0 && (static_cast<unsigned char>(batch[cut]) & 0xC0) == 0x80) {
    --cut;  // within a character
  }
  return absl::StrCat(batch.substr(0, cut), "~", digest);
}

absl::StatusOr<ImportOrder> OrderOf(Session& session, const Options& options, const std::string& file, bool many) {
  ImportOrder order;
  ASSIGN_OR_RETURN(order.parent, session.County(options.county));
  ASSIGN_OR_RETURN(const v1::ImportSource source, SourceOf(options.source));
  order.import.set_source(source);
  order.import.set_batch(BatchOf(options.batch, file, many));
  order.import.set_mode(options.mode == "partial" ? v1::IMPORT_MODE_PARTIAL : v1::IMPORT_MODE_ALL_OR_NOTHING);
  order.import.set_school_year(options.school_year);
  order.import.set_facts_on(options.facts_on);
  order.import.set_complete(options.complete);
  order.file = file;
  order.override_guards = options.override_guards;
  return order;
}

// What became of the files, up to the first that could not be loaded.
struct Loaded {
  v1::ListImportsResponse done;
  absl::Status stopped;
  int failed = 0;  // of those that --keep-going went past
};

absl::StatusOr<Loaded> LoadFiles(Session& session, const Options& options, const std::vector<std::string>& files,
                                 bool apply) {
  Loaded loaded;
  auto& [done, stopped, failed] = loaded;
  const bool many = files.size() > 1;
  Progress progress = session.MakeProgress(options.source);
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(ImportOrder order, OrderOf(session, options, file, many));
    order.apply = apply;
    if (many) {
      progress.Show(done.imports_size() + failed, static_cast<int64_t>(files.size()),
                    absl::StrCat(files.size(), " files"));
    }
    order.quiet = many;
    const auto import = RunImport(session, std::move(order));
    if (!import.ok()) {
      progress.End();
    }
    if (!import.ok() && !options.keep_going) {
      stopped = import.status();
      break;
    }
    if (!import.ok()) {
      session.console().err << file << "\n";
      ShowError(session.console(), import.status());
      ++failed;
      continue;
    }
    *done.add_imports() = *import;
  }
  if (many) {
    progress.Show(done.imports_size() + failed, static_cast<int64_t>(files.size()),
                  absl::StrCat(files.size(), " files"));
    progress.End();
  }
  return loaded;
}

// All-or-nothing holds for all files of one command: none is applied while another is refused or held.
absl::StatusOr<Loaded> LoadAllOrNothing(Session& session, const Options& options,
                                        const std::vector<std::string>& files) {
  ASSIGN_OR_RETURN(Loaded checked, LoadFiles(session, options, files, false));
  for (const v1::Import& import : checked.done.imports()) {
    if (checked.stopped.ok() && import.state() == v1::IMPORT_STATE_HELD && options.override_guards.empty()) {
      checked.stopped =
          Fail("CLI_IMPORT_HELD", {{"import", import.name()}, {"why", absl::StrJoin(import.preview().guards(), ", ")}});
    }
  }
  return checked.stopped.ok() ? LoadFiles(session, options, files, true) : std::move(checked);
}

absl::Status RunImports(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOf(options.paths));
  const bool together = files.size() > 1 && options.apply && options.mode != "partial" && !options.keep_going;
  ASSIGN_OR_RETURN(const Loaded loaded, together ? LoadAllOrNothing(session, options, files)
                                                 : LoadFiles(session, options, files, options.apply));
  if (session.console().json) {
    RETURN_IF_ERROR(session.PrintJson(loaded.done));
  } else if (loaded.done.imports_size() > 0) {
    Show(session, loaded.done);
  }
  return loaded.failed == 0 ? loaded.stopped : Fail("CLI_IMPORTS_FAILED", {{"count", absl::StrCat(loaded.failed)}});
}

absl::Status ListRows(Session& session, const Options& options) {
  v1::ListImportRowsRequest request;
  request.set_name(options.name);
  request.set_outcome(options.outcome);
  request.set_with_originals(options.originals);
  v1::ListImportRowsResponse all;
  do {
    request.set_page_size(static_cast<int32_t>(options.limit == 0 ? 1000 : std::min<int64_t>(options.limit, 1000)));
    ASSIGN_OR_RETURN(const auto page, session.Call<v1::ListImportRowsResponse>("registry", "ListImportRows", request,
                                                                               {.purpose = options.purpose}));
    all.MergeFrom(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && (options.limit == 0 || all.rows_size() < options.limit));
  Table table({{"行 line", true}, {"结果 outcome"}, {"列 column"}, {"代码 code"}, {"说明 message"}, {"原文 original"}});
  for (const v1::ImportRow& row : all.rows()) {
    table.Add({absl::StrCat(row.line()), row.outcome(), row.column(), row.code(), row.message_zh(), row.original()});
  }
  return session.Print(all, table);
}

absl::Status ListImports(Session& session, const Options& options) {
  v1::ListImportsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListImportsResponse>("registry", "ListImports", request, options.limit));
  Table table(
      {{"批次 batch"}, {"来源 source"}, {"状态 state"}, {"行 rows", true}, {"错误 errors", true}, {"资源名 resource"}});
  for (const v1::Import& import : all.imports()) {
    table.Add({import.batch(), absl::AsciiStrToLower(EnumText(import.source())), StateText(import),
               Grouped(import.preview().rows()), Grouped(import.preview().errors()), import.name()});
  }
  return session.Print(all, table);
}

absl::Status Withdraw(Session& session, const Options& options) {
  v1::WithdrawImportRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(auto import, session.Call<v1::Import>("registry", "WithdrawImport", request));
  RETURN_IF_ERROR(session.WaitForJob("registry", import.job()).status());
  v1::GetImportRequest get;
  get.set_name(import.name());
  ASSIGN_OR_RETURN(import, session.Call<v1::Import>("registry", "GetImport", get));
  if (session.console().json) {
    return session.PrintJson(import);
  }
  std::ostream& out = session.console().out;
  out << import.batch() << ": " << StateText(import) << ", " << Grouped(import.withdrawal_conflicts())
      << " conflicts\n";
  if (import.withdrawal_conflicts() > 0) {
    out << "changed since and left as they are: ruraledu import rows " << import.name() << " --outcome CONFLICT\n";
  }
  return absl::OkStatus();
}

void AddQueries(CLI::App* command, Action& chosen, const std::shared_ptr<Options>& options) {
  CLI::App* rows = command->add_subcommand("rows", "what became of the rows of an import");
  rows->add_option("import", options->name, "counties/411728/imports/...")->required();
  rows->add_option("--outcome", options->outcome,
                   "NEW, CHANGED, UNCHANGED, ERROR, DUPLICATE, MISSING, WEAK_MATCH, CONFLICT");
  rows->add_flag("--originals", options->originals, "with the original text; is journalled and needs --purpose");
  rows->add_option("--purpose", options->purpose, "why");
  AddLimit(*rows, &options->limit);
  OnCommand(rows, chosen, options, ListRows);
  CLI::App* list = command->add_subcommand("list", "imports of a county, newest first");
  list->add_option("--county", options->county, "six digits");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListImports);
  CLI::App* withdraw =
      command->add_subcommand("withdraw", "takes an applied import back and counts what was changed since");
  withdraw->add_option("import", options->name, "counties/411728/imports/...")->required();
  withdraw->add_option("--reason", options->reason, "why, without personal data")->required();
  OnCommand(withdraw, chosen, options, Withdraw);
}

// `import` alone loads files; with a command behind it, that one is chosen.
void ChooseImport(const CLI::App& command, const CLI::Option& source, const CLI::Option& paths,
                  const std::shared_ptr<Options>& options, Action& chosen) {
  if (!command.get_subcommands().empty()) {
    return;
  }
  if (source.empty() || paths.empty()) {
    throw CLI::RequiredError("source and file");
  }
  chosen = [options](Session& session) { return RunImports(session, *options); };
}

}  // namespace

void AddImportCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      root.add_subcommand("import", "loads files of the departments: import <source> <file or folder>...");
  CLI::Option* source = command->add_option(
      "source", options->source,
      "student_roster, rural_revitalisation, civil_affairs, disabled_federation, veterans, schools, classes, teachers, "
      "villages, calendars");
  CLI::Option* paths = command->add_option("file", options->paths, "files or folders");
  command->add_option("--county", options->county, "six digits");
  command->add_option("--batch", options->batch, "batch id; left out: the file's name");
  command->add_option("--mode", options->mode, "all-or-nothing (over all files of the command) or partial")
      ->capture_default_str()
      ->check(CLI::IsMember({"all-or-nothing", "partial"}));
  command->add_option("--school-year", options->school_year, "2023-2024, for rosters and classes");
  command->add_option("--facts-on", options->facts_on, "day on which the facts hold; left out: today");
  command->add_flag("--complete", options->complete, "the file names everybody: missing ones are counted and guarded");
  command->add_flag("--apply", options->apply, "applies what the preview allows");
  command->add_option("--override-guard", options->override_guards, "MASS_DISAPPEARANCE, DUPLICATE_SHARE")
      ->allow_extra_args(false);
  command->add_flag("--keep-going", options->keep_going, "goes on with the next file after an error");
  AddQueries(command, chosen, options);
  command->callback([=, &chosen] { ChooseImport(*command, *source, *paths, options, chosen); });
}

}  // namespace ruraledu::cli
