// Masks of digest 7.7: what a person without the unmask permission sees.
//
// All input is UTF-8 as stored (invalid bytes count as one character each). A value too short for its mask is masked
// whole: a mask never shows more than the rule allows. Empty stays empty.
#pragma once

#include <string>
#include <string_view>

namespace ruraledu::crypto {

// First 3 + stars + last 4: "411***********9016". Same for 15-digit and other document numbers of 8 characters or more.
std::string MaskIdNumber(std::string_view id);

// The family name stays, one star per other character: 王小明 → 王**, 欧阳修 → 欧阳*; a two-character name keeps one
// (王芳 → 王*, 欧阳 → 欧*); a one-character name is masked whole. Names with a middle dot have no family name in front:
// the first character stays and the dots do (买买提·艾力 → 买**·**). Names in Latin letters keep their first letter and
// spaces.
std::string MaskName(std::string_view name);

// First 3 + stars + last 4 from 11 characters ("138****5678"), last 4 only from 8 characters.
std::string MaskPhone(std::string_view phone);

// Last 4, of cards of 12 characters or more.
std::string MaskCard(std::string_view card);

// Up to and including the village or community: 遂平县嵖岈山镇红石崖村8组12号 → 遂平县嵖岈山镇红石崖村***. Where no
// village is found the text is cut after the last township, county, city or province name; nothing after the first
// digit is ever shown.
std::string MaskAddress(std::string_view address);

enum class MaskForm {
  kScreen,  // a signed-in officer without the unmask permission
  kNotice,  // public notice: masked name only; ID number, phone, card and address do not appear at all
};

enum class PersonalField { kName, kIdNumber, kPhone, kCard, kAddress };

// The mask of a field in a form; "" for what does not appear.
std::string Mask(PersonalField field, MaskForm form, std::string_view value);

}  // namespace ruraledu::crypto
