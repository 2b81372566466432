// What commands of many nouns have in common: enums by name, areas, requests from a file, one resource in full, rules
// asked with facts of a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/enum_text.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "services/cli/commands.h"
#include "services/cli/private_file.h"

namespace ruraledu::cli {

// "VISIT" of ABSENCE_STEP_VISIT, "" of the unset value.
template <typename Enum>
std::string NameOf(Enum value) {
  return value == Enum{} ? "" : EnumText(value);
}

// The unset value of a name that the enum does not have.
template <typename Enum>
Enum ValueOf(std::string_view name) {
  return EnumOf<Enum>(name).value_or(Enum{});
}

// An option that takes a name of an enum; no other name is a right command line.
template <typename Enum>
CLI::Option* AddEnum(CLI::App* command, const std::string& option, Enum* value, const std::string& about) {
  return command
      ->add_option_function<std::string>(
          option, [value](const std::string& name) { *value = ValueOf<Enum>(name); }, about)
      ->check(CLI::IsMember(EnumTexts(*google::protobuf::GetEnumDescriptor<Enum>())));
}

// --decision, which has to be given: accept or reject.
CLI::Option* AddDecision(CLI::App* command, std::string* decision);
inline constexpr std::string_view kAccept = "accept";

// "areas/411728103" of an option, "" when it was left out.
std::string AreaOf(std::string_view area);
// "2023-09-01" into a field, which stays unset without a text. CLI_ARGUMENT.
template <typename Message>
absl::Status PutDay(std::string_view argument, std::string_view text, Message* message,
                    google::type::Date* (Message::*field)()) {
  if (!text.empty()) {
    ASSIGN_OR_RETURN(*(message->*field)(), DateOf(argument, text));
  }
  return absl::OkStatus();
}
// A message from a JSON file. CLI_ARGUMENT names `argument`.
absl::Status FromFile(std::string_view argument, const std::string& file, google::protobuf::Message* message);

struct OneOptions {
  std::string name, purpose;
  bool unmask = false;
};

template <typename Request>
concept Unmasks = requires(Request request) {
  request.set_unmask(true);
};

// show, or `command` ("show-order") where a noun has several kinds: one resource in full. --unmask where the method has
// it.
template <typename Request, typename Answer>
CLI::App* AddShow(CLI::App* noun, Action& chosen, std::string_view service, const char* method, const char* about,
                  const char* example, const char* command = "show") {
  auto options = std::make_shared<OneOptions>();
  CLI::App* show = noun->add_subcommand(command, about);
  show->add_option("name", options->name, example)->required();
  if constexpr (Unmasks<Request>) {
    AddUnmask(*show, &options->unmask, &options->purpose);
  }
  OnCommand(show, chosen, options, [service, method](Session& session, const OneOptions& given) -> absl::Status {
    Request request;
    request.set_name(given.name);
    if constexpr (Unmasks<Request>) {
      request.set_unmask(given.unmask);
    }
    ASSIGN_OR_RETURN(const auto one, session.Call<Answer>(service, method, request, {.purpose = given.purpose}));
    return session.PrintJson(one);
  });
  return show;
}

struct LetterOptions {
  std::string name, out, purpose;
};

// letter: the letter of a resource, into a file.
template <typename Request, typename Letter>
void AddLetter(CLI::App* noun, Action& chosen, std::string_view service, const char* method, const char* about,
               const char* example) {
  auto options = std::make_shared<LetterOptions>();
  CLI::App* letter = noun->add_subcommand("letter", about);
  letter->add_option("name", options->name, example)->required();
  letter->add_option("--out", options->out, "new file to write, .docx")->required();
  letter->add_option("--purpose", options->purpose, "why; it names the child and is journalled")->required();
  OnCommand(letter, chosen, options, [service, method](Session& session, const LetterOptions& given) -> absl::Status {
    Request request;
    request.set_name(given.name);
    return SaveLetter<Letter>(session, service, method, request, given.out, given.purpose);
  });
}

// evaluate: what the rules say of the facts in a file, which holds the request; nothing is stored.
template <typename Request, typename Answer>
void AddEvaluate(CLI::App* noun, Action& chosen, std::string_view service, const char* method, const char* about) {
  auto options = std::make_shared<std::string>();
  CLI::App* evaluate = noun->add_subcommand("evaluate", std::string(about) + "; nothing is stored");
  evaluate->add_option("--facts", *options, "JSON file: " + Request::descriptor()->name())->required();
  OnCommand(evaluate, chosen, options, [service, method](Session& session, const std::string& file) -> absl::Status {
    Request request;
    RETURN_IF_ERROR(FromFile("--facts", file, &request));
    ASSIGN_OR_RETURN(const auto answer, session.Call<Answer>(service, method, request));
    return session.PrintJson(answer);
  });
}

}  // namespace ruraledu::cli
