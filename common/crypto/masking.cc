#include "common/crypto/masking.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace ruraledu::crypto {
namespace {

using Characters = std::vector<std::string_view>;

// Compound family names in use today (Hundred Family Surnames and the public security ministry's name report 2020).
constexpr std::array<std::string_view, 67> kCompoundSurnames = {
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟", "公羊",
    "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文",
    "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马", "公西", "颛孙", "壤驷", "公良", "漆雕", "乐正",
    "宰父", "谷梁", "拓跋", "夹谷", "轩辕", "令狐", "段干", "百里", "呼延", "东郭", "南门", "羊舌", "微生", "左丘",
    "东门", "西门", "第五", "梁丘", "侯莫", "纳兰", "完颜", "耶律", "叶赫", "爱新", "欧侯"};

// UTF-8 characters; a byte that starts none counts as one.
Characters Split(std::string_view text) {
  Characters characters;
  while (!text.empty()) {
    const auto lead = static_cast<uint8_t>(text[0]);
    size_t size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 1;
    const auto tail = [&text](size_t i) { return i < text.size() && (static_cast<uint8_t>(text[i]) & 0xC0) == 0x80; };
    for (size_t i = 1; i < size; ++i) {
      if (!tail(i)) {
        size = 1;
      }
    }
    characters.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return characters;
}

std::string Joined(const Characters& characters, size_t from, size_t to) {
  std::string text;
  for (size_t i = from; i < to; ++i) {
    text += characters[i];
  }
  return text;
}

// Keeps `head` characters in front and `tail` at the end.
std::string KeepEnds(std::string_view text, size_t head, size_t tail) {
  const Characters characters = Split(text);
  if (characters.size() <= head + tail) {
    return std::string(characters.size(), '*');
  }
  return Joined(characters, 0, head) + std::string(characters.size() - head - tail, '*') +
         Joined(characters, characters.size() - tail, characters.size());
}

size_t Length(std::string_view text) {
  return Split(text).size();
}

bool IsMiddleDot(std::string_view character) {
  constexpr std::array<std::string_view, 6> kDots = {"·", "•", "・", "‧", "∙", "･"};
  return std::find(kDots.begin(), kDots.end(), character) != kDots.end();
}

bool IsDigit(std::string_view character) {
  constexpr std::string_view kFullWidth = "０１２３４５６７８９";
  return (character[0] >= '0' && character[0] <= '9') ||
         (character.size() == 3 && kFullWidth.find(character) != std::string_view::npos);
}

// How many bytes of `text` from `at` are a village or community name's ending; 0 when none.
size_t VillageEnding(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view ending : {"村民委员会", "村委会", "居民委员会", "居委会", "嘎查", "社区", "村"}) {
    if (!rest.starts_with(ending)) {
      continue;
    }
    const std::string_view after = rest.substr(ending.size());
    for (const std::string_view higher : {"镇", "乡", "街道"}) {  // 中关村街道 is a township
      if (after.starts_with(higher)) {
        return 0;
      }
    }
    return ending.size();
  }
  return 0;
}

// How many bytes of `text` from `at` are the ending of a township, county, city or province name; 0 when none.
size_t HigherEnding(std::string_view text, size_t at) {
  for (const std::string_view ending :
       {"街道", "苏木", "自治区", "镇", "乡", "县", "区", "旗", "市", "省", "州", "盟"}) {
    if (text.substr(at).starts_with(ending)) {
      return ending.size();
    }
  }
  return 0;
}

}  // namespace

std::string MaskIdNumber(std::string_view id) {
  return Length(id) < 8 ? std::string(Length(id), '*') : KeepEnds(id, 3, 4);
}

std::string MaskName(std::string_view name) {
  const Characters characters = Split(name);
  const bool dotted = std::any_of(characters.begin(), characters.end(), IsMiddleDot);
  const bool compound = characters.size() > 2 && std::find(kCompoundSurnames.begin(), kCompoundSurnames.end(),
                                                           Joined(characters, 0, 2)) != kCompoundSurnames.end();
  const size_t kept = characters.size() < 2 ? 0 : compound && !dotted ? 2 : 1;
  std::string masked;
  for (size_t i = 0; i < characters.size(); ++i) {
    const bool shown = i < kept || IsMiddleDot(characters[i]) || characters[i] == " ";
    masked += shown ? characters[i] : "*";
  }
  return masked;
}

std::string MaskPhone(std::string_view phone) {
  const size_t length = Length(phone);
  return length >= 11 ? KeepEnds(phone, 3, 4) : length >= 8 ? KeepEnds(phone, 0, 4) : std::string(length, '*');
}

std::string MaskCard(std::string_view card) {
  return Length(card) >= 12 ? KeepEnds(card, 0, 4) : std::string(Length(card), '*');
}

std::string MaskAddress(std::string_view address) {
  if (address.empty()) {
    return "";
  }
  size_t kept = 0;  // bytes
  size_t at = 0;
  for (const std::string_view character : Split(address)) {
    if (IsDigit(character)) {
      break;
    }
    if (const size_t village = VillageEnding(address, at); village > 0) {
      kept = at + village;
      break;
    }
    if (const size_t higher = HigherEnding(address, at); higher > 0) {
      kept = at + higher;
    }
    at += character.size();
  }
  return std::string(address.substr(0, kept)) + "***";
}

std::string Mask(PersonalField field, MaskForm form, std::string_view value) {
  if (form == MaskForm::kNotice && field != PersonalField::kName) {
    return "";
  }
  switch (field) {
    case PersonalField::kName:
      return MaskName(value);
    case PersonalField::kIdNumber:
      return MaskIdNumber(value);
    case PersonalField::kPhone:
      return MaskPhone(value);
    case PersonalField::kCard:
      return MaskCard(value);
    case PersonalField::kAddress:
      return MaskAddress(value);
  }
  return "";
}

}  // namespace ruraledu::crypto
