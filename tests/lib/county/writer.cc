#include "tests/lib/county/writer.h"

#include <filesystem>

#include "tests/lib/county/text.h"

namespace ruraledu::testlib {

absl::Status CountyWriter::Finish(const Sheet& sheet, const std::string& source, const std::string& folder,
                                  const std::string& stem) {
  std::filesystem::create_directories(Cat(out.dir, "/", folder));
  auto name = sheet.Write(Cat(out.dir, "/", folder), stem);
  if (!name.ok()) return name.status();
  std::string path = Cat(folder, "/", *name);
  out.files[source].push_back(path);
  std::string plain = source.substr(0, source.find(':'));
  for (PlantedFault& fault : pending_faults_) {
    fault.source = plain;
    fault.file = path;
    out.truth.faults.push_back(std::move(fault));
  }
  for (RowTruth& row : pending_rows_) {
    row.source = plain;
    row.file = path;
    out.truth.rows.push_back(std::move(row));
  }
  pending_faults_.clear();
  pending_rows_.clear();
  return absl::OkStatus();
}

void CountyWriter::Fault(int line, const std::string& key, std::string_view field, std::string_view reason,
                         bool refused) {
  pending_faults_.push_back({"", "", line, key, std::string(field), std::string(reason), refused});
}

void CountyWriter::Row(int line, std::string_view kind, Match match, int pupil) {
  pending_rows_.push_back({"", "", line, std::string(kind), match, pupil});
}

std::string CountyWriter::Stem(const std::string& what, const SheetShape& shape) const {
  return shape.dated_name ? Cat(population.places.name, what, "20240605") : what;
}

bool CountyWriter::OnRegister(int pupil) const {
  for (const PupilTerm& term : out.truth.pupils[pupil].terms) {
    if (term.accepted) return true;
  }
  return false;
}

std::string BrokenId(const std::string& id, std::string_view reason) {
  std::string broken = id;
  if (reason == "ID_CHECK") broken[17] = id[17] == 'X' ? '1' : id[17] == '9' ? '0' : static_cast<char>(id[17] + 1);
  if (reason == "ID_LENGTH") broken.erase(14, 1);
  if (reason == "ID_CHARSET") broken[15] = 'O';
  if (reason == "ID_LEGACY15") return id.substr(0, 6) + id.substr(8, 9);
  if (reason == "ID_REGION") broken.replace(0, 2, "99");
  if (reason == "ID_DATE") broken.replace(10, 4, "0230");
  if (reason == "ID_REGION" || reason == "ID_DATE") broken[17] = IdCheckDigit(broken);
  return broken;
}

std::string_view DrawIdFault(const FaultRates& f, Random& random) {
  int at = random.Below(1000000);
  for (auto [rate, reason] : {std::pair{f.id_check, "ID_CHECK"},
                              {f.id_length, "ID_LENGTH"},
                              {f.id_charset, "ID_CHARSET"},
                              {f.id_region, "ID_REGION"},
                              {f.id_date, "ID_DATE"},
                              {f.id_legacy15, "ID_LEGACY15"}}) {
    if ((at -= rate) < 0) return reason;
  }
  return "";
}

std::string FullWidth(const std::string& text) {
  std::string wide;
  for (char c : text) {
    if (c < '0' || c > '9') {
      wide.push_back(c);
    } else {
      wide.append({'\xEF', '\xBC', static_cast<char>(0x90 + c - '0')});
    }
  }
  return wide;
}

}  // namespace ruraledu::testlib
