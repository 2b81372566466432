#include "tests/fuzz/targets.h"

#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/cache/versioned_cache.h"
#include "common/crypto/hash.h"
#include "common/crypto/keys.h"
#include "common/crypto/signing.h"
#include "common/crypto/token.h"
#include "common/domain/area.h"
#include "common/domain/calendar.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"
#include "common/domain/load_file.h"
#include "common/domain/money.h"
#include "common/domain/names.h"
#include "common/domain/region.h"
#include "common/domain/school_code.h"
#include "common/domain/school_year.h"
#include "common/domain/shard.h"
#include "common/domain/student_number.h"
#include "common/domain/text.h"
#include "common/files/file_type.h"
#include "common/ingest/bank_answer.h"
#include "common/ingest/cell_value.h"
#include "common/ingest/header_map.h"
#include "common/ingest/table_reader.h"
#include "common/ingest/xls_frames.h"
#include "common/obs/trace.h"
#include "common/rpc/access.h"
#include "common/rpc/config.h"
#include "common/rpc/names.h"
#include "common/rpc/resources.h"
#include "ruraledu/common/v1/types.pb.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/policy_rules.h"
#include "services/student_aid/restriction_rules.h"
#include "tests/common/files/samples.h"
#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::fuzz {
namespace {

constexpr absl::CivilDay kToday(2023, 9, 1);

std::string Shipped(const std::string& file) {
  return LoadFile(absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/", file)).value();
}

const CodeLists& Lists() {
  static const auto& lists =
      *new CodeLists(CodeLists::Load(absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/data/codes")).value());
  return lists;
}

const ProvincePrefixes& Provinces() {
  static const auto& provinces = *new ProvincePrefixes(ProvincePrefixesOf(*Lists().Find("citizen_id_province")));
  return provinces;
}

// An error must be one of ours: a refusal without a reason code cannot be shown to anybody.
std::string Refused(const absl::Status& status) {
  return status.ok() || !ReasonOf(status).empty() ? "" : absl::StrCat("an error without a reason: ", status.ToString());
}
template <typename T>
std::string Refused(const absl::StatusOr<T>& value) {
  return Refused(value.status());
}

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t more = byte < 0x80                   ? 0
                        : byte >= 0xc2 && byte < 0xe0 ? 1
                        : byte >= 0xe0 && byte < 0xf0 ? 2
                        : byte >= 0xf0 && byte < 0xf5 ? 3
                                                      : 9;
    if (more == 9 || i + more >= text.size()) {
      return false;
    }
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) {
        return false;
      }
    }
    i += more + 1;
  }
  return true;
}

std::string CheckCell(const ingest::Cell& cell) {
  if (!IsUtf8(cell.text) || (cell.fault.empty() && cell.text.find('\0') != std::string::npos)) {
    return "a cell that is no text";
  }
  for (const std::string& problem :
       {Refused(ingest::ParseText(cell)), Refused(ingest::ParseName(cell)), Refused(ingest::ParseId(cell)),
        Refused(ingest::ParseDate(cell)), Refused(ingest::ParseBool(cell)), Refused(ingest::ParseMoneyFen(cell)),
        Refused(ingest::ParseInt(cell))}) {
    if (!problem.empty()) {
      return problem;
    }
  }
  return "";
}

std::string Table(std::string bytes) {
  auto reader = ingest::OpenTable(ingest::FromString(std::move(bytes)));
  if (!reader.ok()) {
    return Refused(reader);
  }
  ingest::Row row;
  for (int64_t last = 0;;) {
    const auto more = (*reader)->Next(&row);
    if (!more.ok() || !*more) {
      return Refused(more);
    }
    if (row.line <= last) {
      return "lines that do not rise";
    }
    last = row.line;
    for (const ingest::Cell& cell : row.cells) {
      if (std::string problem = CheckCell(cell); !problem.empty()) {
        return problem;
      }
    }
  }
}

std::string Mapped(std::string_view bytes) {
  static const auto& spec = *new ingest::HeaderSpec(
      ingest::HeaderSpec::Load(absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/data/headers/student_roster.csv")).value());
  auto reader = ingest::OpenTable(ingest::FromString(std::string(bytes)));
  if (!reader.ok()) {
    return Refused(reader);
  }
  auto table = ingest::MappedTable::Open(*std::move(reader), spec);
  if (!table.ok()) {
    return Refused(table);
  }
  for (ingest::MappedRow row;;) {
    const auto more = table->Next(&row);
    if (!more.ok() || !*more) {
      return Refused(more);
    }
    std::vector<std::string> values;
    std::vector<ingest::RowError> errors;
    if (const auto parsed = ingest::ParseRow(*table, row, Lists(), kToday, &values, &errors); !parsed.ok()) {
      return Refused(parsed);
    }
    if (values.size() != spec.fields().size()) {
      return "a row without a value for each field";
    }
    for (const std::string& value : values) {
      if (!IsUtf8(value) || value.find('\0') != std::string::npos) {
        return "a value that is no text";
      }
    }
  }
}

std::string CitizenId(std::string_view bytes) {
  const CitizenIdCheck check = CheckCitizenId(bytes, {}, Provinces(), kToday);
  if (!check.ok()) {
    return "";
  }
  return check.number.size() == 18 && check.number[17] == CitizenIdCheckCharacter(check.number.substr(0, 17)) &&
                 check.birth_date <= kToday
             ? ""
             : "a wrong number that is called good";
}

std::string StudentNumber(std::string_view bytes) {
  const StudentNumberCheck check = CheckStudentNumber(bytes, "411700201403050017", Provinces(), kToday);
  return !check.ok() || ((check.kind == 'G' || check.kind == 'J' || check.kind == 'L') && check.number[0] == check.kind)
             ? ""
             : "a wrong number that is called good";
}

std::string SchoolCodes(std::string_view bytes) {
  const CodeList& types = *Lists().Find("school_type");
  const auto code = ParseSchoolCode(bytes, types, Provinces());
  if (!code.ok()) {
    return absl::StrCat(Refused(code), Refused(ParseTeachingPointCode(bytes, types, Provinces())));
  }
  const auto again = ParseSchoolCode(code->text(), types, Provinces());
  return again.ok() && again->text() == code->text() ? "" : "a code that does not read back";
}

std::string Token(std::string_view bytes) {
  const auto key = rpc::PageKey("filter", bytes, 2);
  if (!key.ok()) {
    return Refused(key);
  }
  const bool text = IsUtf8((*key)[0]) && IsUtf8((*key)[1]) && bytes.find('\0') == std::string_view::npos;
  return text && key->size() == 2 && rpc::PageToken("filter", *key) == bytes ? "" : "a token that nobody gave";
}

std::string XlsFrame(std::string_view bytes) {
  ingest::Row row;
  if (!ingest::DecodeXlsRow(std::string(bytes), &row)) {
    return "";
  }
  std::string again;
  ingest::AppendNumber(again, static_cast<uint32_t>(row.line));
  for (const ingest::Cell& cell : row.cells) {
    ingest::AppendCell(again, cell.kind, cell.text);
  }
  return again == bytes ? "" : "a frame that does not read back";
}

const cache::FrameTag kTag{"schema", "instance"};

std::string CachedValue(std::string_view bytes) {
  const auto value = cache::Unframe(kTag, bytes);
  return !value.has_value() || cache::Frame(kTag, *value) == bytes ? "" : "a value that nobody wrote";
}

// Tokens of callers: what is not the signed text itself is refused.
std::string CallerToken(std::string_view bytes) {
  static const auto& signer =
      *new crypto::TokenSigner(crypto::TokenSigner::Create("registry", crypto::GenerateEd25519().private_pem).value());
  static const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  static const auto& token = *new std::string(
      signer.Sign({.subject = "wang", .session = "s", .issued_at = now, .expires_at = now + absl::Minutes(5)}).value());
  static auto& verifier = *crypto::TokenVerifier::Create({signer.trusted_key()}).value().release();
  std::string text = token;  // the mutation is laid over the good token
  for (size_t i = 0; i < bytes.size() && i < text.size(); ++i) {
    text[i] = bytes[i] == '\0' ? text[i] : bytes[i];
  }
  const auto claims = verifier.Verify(text, now);
  const auto raw = verifier.Verify(bytes, now);
  if (!claims.ok() || !raw.ok()) {
    return absl::StrCat(text == token || !claims.ok() ? Refused(claims) : "a changed token that is believed",
                        Refused(raw));
  }
  return text == token && bytes == token ? "" : "a changed token that is believed";
}

std::string SealedValue(std::string_view bytes) {
  static crypto::MemoryKeyStore store;
  static const auto& ring = *[] {
    const std::string file =
        std::filesystem::temp_directory_path() / absl::StrCat("ruraledu-fuzz-", crypto::Hex(crypto::RandomBytes(8)));
    (void)crypto::CreateKeyFile(file);
    auto* opened = new std::unique_ptr<crypto::KeyRing>(crypto::KeyRing::Open(file, &store).value());
    std::filesystem::remove(file);
    return opened;
  }();
  static const auto sealer = ring->SealerOf("c411728").value();
  const auto opened = sealer->Open(bytes, "context");
  if (opened.ok()) {
    return "a value that nobody sealed";
  }
  std::string sealed = sealer->Seal("411700201403050017", "context");
  for (size_t i = 0; i < bytes.size() && i < sealed.size(); ++i) {
    sealed[i] = static_cast<char>(sealed[i] ^ bytes[i]);
  }
  const bool changed = bytes.substr(0, sealed.size()).find_first_not_of('\0') != std::string_view::npos;
  return !changed || !sealer->Open(sealed, "context").ok() ? Refused(opened) : "a changed value that opens";
}

// What banks answer, in each layout. Whatever is taken has amounts above zero and references that fit.
std::string BankAnswers(std::string_view bytes) {
  for (const auto format : {ingest::BankFormat::kCsv, ingest::BankFormat::kPain002, ingest::BankFormat::kCamt053}) {
    const auto answer = ingest::ReadBankAnswer(ingest::FromString(std::string(bytes)), format, {.lines = 100});
    if (std::string problem = Refused(answer); !problem.empty()) {
      return problem;
    }
    for (const ingest::BankLine& line : answer.ok() ? answer->lines : std::vector<ingest::BankLine>()) {
      if (line.amount_fen.value_or(1) <= 0 || line.reference.size() > ingest::kMostReference ||
          !IsUtf8(line.reference) || !IsUtf8(line.reason)) {
        return "a line of a bank that no order can have";
      }
    }
  }
  return Refused(ingest::ReadCheckAnswer(ingest::FromString(std::string(bytes)), {.lines = 100}));
}

constexpr char kCheckedCards[] = "H,RURALEDU-CHECKED,1,C,2023-12-05\nD,a1,REFUSED,AC01\nT,1\n";
constexpr char kBankCsv[] =
    "H,RURALEDU-RETURN,1,411728-20231-001,2023-12-05\nD,411728-20231-001-0000001,8.00,PAID,2023-12-04,B,\nT,1,8.00,1\n";
constexpr char kStatusReport[] =
    "<Document><CstmrPmtStsRpt><GrpHdr><CreDtTm>2023-12-05T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>B"
    "</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>1</OrgnlEndToEndId><TxSts>ACSC"
    "</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>";
constexpr char kStatement[] =
    "<Document><BkToCstmrStmt><Stmt><Ntry><Amt "
    "Ccy=\"CNY\">8.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>"
    "<Dt>2023-12-04</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
    "</Stmt></BkToCstmrStmt></Document>";

std::string Names(std::string_view bytes) {
  const std::string problem =
      absl::StrCat(Refused(rpc::AreaOfName(bytes)), Refused(rpc::PrefixOfName(bytes)), Refused(ShardOfName(bytes)),
                   Refused(ParseArea(bytes)), Refused(ShardOfArea(bytes)));
  if (!problem.empty()) {
    return problem;
  }
  const auto area = ParseArea(bytes);
  if (area.ok() && area->text() != bytes) {
    return "an area that does not read back";
  }
  const auto shard = ShardOfName(bytes);
  return shard.ok() && !IsShard(*shard) ? "a name of no shard" : "";
}

std::string Positions(std::string_view bytes) {
  ruraledu::common::v1::Positions positions;
  if (positions.ParseFromString(std::string(bytes))) {
    ruraledu::common::v1::Positions again;
    if (!again.ParseFromString(positions.SerializeAsString())) {
      return "positions that do not read back";
    }
  }
  const auto trace = obs::ParseTraceparent(bytes);
  return !trace.has_value() || obs::ParseTraceparent(obs::FormatTraceparent(*trace)) == trace
             ? ""
             : "a trace that does not read back";
}

std::string Scalars(std::string_view bytes) {
  const auto fen = ParseFen(bytes);
  if (fen.ok()) {
    const auto again = ParseFen(FormatFen(*fen));
    if (!again.ok() || *again != *fen) {
      return "money that does not read back";
    }
  }
  const std::string text = NormalizeText(bytes);
  if (IsUtf8(bytes) && (!IsUtf8(text) || NormalizeText(text) != text)) {
    return "text that normalises twice";
  }
  const auto term = ParseTerm(bytes);
  if (term.ok() && term->text() != bytes) {
    return "a term that does not read back";
  }
  const auto name = NormalizeName(bytes);
  return absl::StrCat(Refused(fen), Refused(term), Refused(ParseSchoolYear(bytes)), Refused(name));
}

std::string Policy(std::string_view bytes) {
  auto set = student_aid::ParsePolicySet("x.textproto", bytes);
  if (!set.ok()) {
    return Refused(set);
  }
  static const auto& calendar =
      *new TermCalendar(TermCalendar::Parse("term-calendar.csv", Shipped("data/term-calendar.csv")).value());
  return Refused(student_aid::PolicyBook::Create({*std::move(set)}, calendar));
}

std::string IdentificationTable(std::string_view bytes) {
  const auto shipped = [](const std::string& name) {
    return Shipped("policies/student_aid/identification_" + name + ".csv");
  };
  static const auto& files = *new student_aid::IdentificationFiles{shipped("policies"), shipped("levels"),
                                                                   shipped("groups"), "", shipped("kinds")};
  student_aid::IdentificationFiles mutated = files;
  mutated.factors = std::string(bytes);
  return Refused(student_aid::ParseIdentificationPolicies(mutated));
}

std::string ApplicationTable(std::string_view bytes) {
  static const std::string& policies = *new std::string(Shipped("policies/student_aid/application_policies.csv"));
  return Refused(student_aid::ParseApplicationPolicies({policies, std::string(bytes)}));
}

// A sheet of a workbook: the package is whole, its XML is not.
std::string Sheet(std::string_view bytes) {
  return Table(ingest::Workbook(std::string(bytes), "<si><t>姓名</t></si><si><r><t>a</t></r><r><t>b</t></r></si>"));
}

// What an attachment is: small limits, so that a mutated archive does not take long.
std::string Attachment(std::string_view bytes) {
  const auto detect = [&] {
    return files::DetectFileType(std::shared_ptr<ingest::ByteSource>(ingest::FromString(std::string(bytes))),
                                 files::AllFileTypes(), {.entries = 50, .unpacked_bytes = 4 << 20, .ratio = 50});
  };
  const auto type = detect();
  if (!type.ok()) {
    return Refused(type);
  }
  if (*type == files::FileType::kText && (bytes.empty() || bytes.find('\0') != std::string_view::npos)) {
    return "text that is none";
  }
  const bool archive =
      *type == files::FileType::kXlsx || *type == files::FileType::kDocx || *type == files::FileType::kOfd;
  return archive != bytes.starts_with("PK") ? "an archive that is none" : "";
}

std::string CodeListText(std::string_view bytes) {
  return Refused(CodeList::Parse("x", bytes));
}

constexpr char kRoster[] =
    "名册,,,,\n姓名,身份证号,学校标识码,年级,班级\n王小明,411700201403050017,2141000001,三年级,1班\n"
    "\"张\"\"三\",４１１７００２０１４０３０５００２５,2141000001,四年级,2班\n合计,2,,,\n";
constexpr char kSheet[] =
    "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>身份证号</t></is></c></row>"
    "<row r=\"3\"><c r=\"A3\" s=\"1\"><v>45170.5</v></c><c r=\"C3\" t=\"b\"><v>1</v></c><c r=\"D3\" "
    "t=\"e\"><v>#N/A</v></c>"
    "<c r=\"E3\"><v>4.117E+17</v></c></row>";

std::string Framed() {
  return cache::Frame(kTag, {7, 1'700'000'000'000'000, std::make_shared<const std::string>("a dashboard")});
}

std::string XlsSeed() {
  std::string frame;
  ingest::AppendNumber(frame, 3);
  ingest::AppendCell(frame, ingest::CellKind::kText, "王小明");
  ingest::AppendCell(frame, ingest::CellKind::kNumber, "12");
  return frame;
}

std::string PositionsSeed() {
  ruraledu::common::v1::Positions positions;
  auto* position = positions.add_positions();
  position->set_service("registry");
  position->set_instance("0190c0de-0000-7000-8000-000000000001");
  position->set_shard("c411728");
  position->set_seq(77);
  return positions.SerializeAsString();
}

}  // namespace

const std::vector<Target>& Targets() {
  using ingest::Workbook;
  const auto table = [](std::string_view bytes) { return Table(std::string(bytes)); };
  static const auto& targets = *new std::vector<Target>{
      // \xd0\xd5\xc3\xfb = 姓名 in GB18030, with a four-byte character behind it.
      {"text",
       {kRoster, "\xd0\xd5\xc3\xfb,\xb0\xe0\xbc\xb6\r\n\x81\x39\xef\x30,\"a\nb\"\r\n",
        "\xef\xbb\xbf"
        "a\tb\n1\t2\n"},
       table},
      {"xlsx", {Workbook(kSheet, "<si><t>姓名</t></si>")}, table, 2},
      {"xlsx_sheet", {kSheet}, Sheet, 4},
      {"attachment",
       {files::SamplePdf(), files::SampleJpeg(), files::SamplePng(), files::SampleXlsx(), files::SampleDocx(),
        files::SampleOfd(), "承诺书\r\n", "\xb3\xd0\xc5\xb5\xca\xe9"},
       Attachment},
      {"header_map", {kRoster}, Mapped, 2},
      {"bank_answer", {kBankCsv, kStatusReport, kStatement, kCheckedCards}, BankAnswers, 2},
      {"header_spec",
       {Shipped("data/headers/schools.csv")},
       [](std::string_view bytes) { return Refused(ingest::HeaderSpec::Parse("x", bytes)); }},
      {"citizen_id", {"411700201403050017", "41170020140305001x", "411700140305001"}, CitizenId},
      {"student_number", {"G411700201403050017", "L411700201403050017"}, StudentNumber},
      {"school_code", {"2141000001", "214100000101"}, SchoolCodes},
      {"page_token",
       {rpc::PageToken("filter", {"王小明", "id"}), rpc::PageToken("filter", {"", ""}),
        rpc::PageToken("filter", {"\xff", "id"})},
       Token},
      {"xls_frame", {XlsSeed()}, XlsFrame},
      {"cached_value", {Framed()}, CachedValue},
      {"caller_token", {std::string(64, '\0')}, CallerToken, 4},
      {"sealed_value", {std::string(48, '\0')}, SealedValue},
      {"name",
       {"counties/411728/students/0190c0de-0000-7000-8000-000000000001", "411728103/s1/c1", "areas/41",
        "shards/c411728"},
       Names},
      {"position", {PositionsSeed(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, Positions},
      {"scalar", {"1,250.00", "￥12元", "2023-2024-1", "买买提·艾力", "9223372036854775807"}, Scalars},
      {"config",
       {Shipped("config/registry.toml"), Shipped("config/all_in_one.toml")},
       [](std::string_view bytes) { return Refused(rpc::ParseConfig(bytes)); },
       2},
      {"roles",
       {Shipped("policies/roles.csv")},
       [](std::string_view bytes) { return Refused(rpc::RoleBook::Parse(bytes)); },
       4},
      {"policy", {Shipped("policies/student_aid/nx.textproto")}, Policy, 8},
      {"identification_table", {Shipped("policies/student_aid/identification_factors.csv")}, IdentificationTable, 4},
      {"application_table", {Shipped("policies/student_aid/application_approval_steps.csv")}, ApplicationTable, 2},
      {"restriction_codes",
       {Shipped("policies/student_aid/restriction_codes.csv")},
       [](std::string_view bytes) { return Refused(student_aid::ParseRestrictionCodes(bytes)); },
       2},
      {"holidays",
       {Shipped("data/holidays.csv")},
       [](std::string_view bytes) { return Refused(WorkCalendar::Parse("x", bytes)); },
       2},
      {"terms",
       {Shipped("data/term-calendar.csv")},
       [](std::string_view bytes) { return Refused(TermCalendar::Parse("x", bytes)); }},
      {"code_list", {Shipped("data/codes/hardship_kind.csv")}, CodeListText},
      {"regions",
       {"code,name,level,parent_code,kind\n410000000000,河南省,province,,\n411700000000,驻马店市,city,410000000000,\n"
        "411728000000,遂平县,county,411700000000,\n"},
       [](std::string_view bytes) {
         auto rows = ParseRegions("x", bytes);
         return rows.ok() ? Refused(RegionTree::Build(*std::move(rows))) : Refused(rows);
       }},
  };
  static const auto& all = *[] {
    auto* joined = new std::vector<Target>(targets);
    for (Target& target : TableTargets()) {
      joined->push_back(std::move(target));
    }
    return joined;
  }();
  return all;
}

}  // namespace ruraledu::fuzz
