#include "common/rpc/config.h"

#include <toml++/toml.h>

#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::rpc {
namespace {

absl::Status Invalid(std::string_view key, std::string_view problem) {
  return Fail("CONFIG_INVALID", {{"key", key}, {"problem", problem}});
}

// Sets one value from a node; false when the type or range is wrong.
using Setter = std::function<bool(const toml::node&)>;
using Setters = std::map<std::string, Setter, std::less<>>;

Setter Text(std::string& target) {
  return [&target](const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    target = value.value_or("");
    return value.has_value();
  };
}

Setter Flag(bool& target) {
  return [&target](const toml::node& node) {
    const auto value = node.value_exact<bool>();
    target = value.value_or(false);
    return value.has_value();
  };
}

Setter Number(int& target, int low, int high) {
  return [&target, low, high](const toml::node& node) {
    const auto value = node.value_exact<int64_t>();
    target = static_cast<int>(value.value_or(0));
    return value.has_value() && *value >= low && *value <= high;
  };
}

// "250ms", "30s", "5m".
Setter Span(absl::Duration& target) {
  return [&target](const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    return value.has_value() && absl::ParseDuration(*value, &target) && target >= absl::ZeroDuration();
  };
}

Setters FixedKeys(Config& config) {
  constexpr int kMany = 1'000'000;
  ServerConfig& server = config.server;
  Limits& limits = server.limits;
  return {
      {"server.address", Text(server.address)},
      {"server.tls_certificate", Text(server.tls_certificate)},
      {"server.tls_key", Text(server.tls_key)},
      {"server.client_ca", Text(server.client_ca)},
      {"server.reflection", Flag(server.reflection)},
      {"server.drain_notice", Span(server.drain_notice)},
      {"server.drain_limit", Span(server.drain_limit)},
      {"server.max_request_bytes", Number(server.max_request_bytes, 1024, 64 << 20)},
      {"server.workers", Number(limits.workers, 0, 1024)},
      {"server.queue", Number(limits.queue, 1, kMany)},
      {"server.waiters", Number(limits.waiters, 1, 1024)},
      {"server.waiting_calls", Number(limits.waiting_calls, 1, kMany)},
      {"server.streams", Number(limits.streams, 0, kMany)},
      {"server.retry_hint", Span(limits.retry_hint)},
      {"admin.address", Text(config.admin_address)},
      {"database.url", Text(config.database_url)},
      {"database.max_connections", Number(config.database_connections, 1, 1024)},
      {"keys.file", Text(config.key_file)},
      {"policies.folder", Text(config.policies_folder)},
      {"policies.data_folder", Text(config.data_folder)},
      {"log.file", Text(config.log_file)},
      {"log.level", Text(config.log_level)},
  };
}

Setters PeerKeys(ClientConfig& peer) {
  return {{"address", Text(peer.address)},
          {"ca", Text(peer.ca)},
          {"certificate", Text(peer.certificate)},
          {"key", Text(peer.key)},
          {"server_name", Text(peer.server_name)},
          {"max_tries", Number(peer.max_tries, 1, 100)},
          {"first_backoff", Span(peer.first_backoff)}};
}

Setters TokenKeys(TrustedTokenKey& key) {
  return {{"issuer", Text(key.issuer)},
          {"kid", Text(key.kid)},
          {"algorithm", Text(key.algorithm)},
          {"public_key_file", Text(key.public_key_file)},
          {"audience", Text(key.audience)}};
}

absl::Status Apply(const Setters& setters, std::string_view key, std::string_view shown, const toml::node& node) {
  const auto found = setters.find(key);
  if (found == setters.end()) {
    return Invalid(shown, "unknown key");
  }
  return found->second(node) ? absl::OkStatus() : Invalid(shown, "wrong type or out of range");
}

absl::Status ReadTokens(Config& config, const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    return Invalid("tokens.trusted", "must be an array of tables");
  }
  for (const toml::node& element : *array) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      return Invalid("tokens.trusted", "must be an array of tables");
    }
    TrustedTokenKey& key = config.tokens.emplace_back();
    const Setters setters = TokenKeys(key);
    for (const auto& [name, value] : *table) {
      RETURN_IF_ERROR(Apply(setters, name.str(), absl::StrCat("tokens.trusted.", name.str()), value));
    }
    if (key.algorithm != "EdDSA" && key.algorithm != "ES256") {
      return Invalid("tokens.trusted.algorithm", "EdDSA or ES256");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadExtra(Config& config, std::string_view key, const toml::node& node) {
  std::string& text = config.extra[std::string(key)];
  if (const auto value = node.value_exact<std::string>()) {
    text = *value;
  } else if (const auto number = node.value_exact<int64_t>()) {
    text = absl::StrCat(*number);
  } else if (const auto flag = node.value_exact<bool>()) {
    text = *flag ? "true" : "false";
  } else {
    return Invalid(absl::StrCat("service.", key), "text, whole number or true/false");
  }
  return absl::OkStatus();
}

absl::Status ReadSection(Config& config, const Setters& fixed, std::string_view section, const toml::table& table) {
  for (const auto& [name, value] : table) {
    const std::string key = absl::StrCat(section, ".", name.str());
    if (section == "service") {
      RETURN_IF_ERROR(ReadExtra(config, name.str(), value));
    } else if (key == "tokens.trusted") {
      RETURN_IF_ERROR(ReadTokens(config, value));
    } else if (section == "peers") {
      if (!value.is_table()) {
        return Invalid(key, "must be a table");
      }
      const Setters setters = PeerKeys(config.peers[std::string(name.str())]);
      for (const auto& [inner, setting] : *value.as_table()) {
        RETURN_IF_ERROR(Apply(setters, inner.str(), absl::StrCat(key, ".", inner.str()), setting));
      }
    } else {
      RETURN_IF_ERROR(Apply(fixed, key, key, value));
    }
  }
  return absl::OkStatus();
}

// "server.workers=8" put into the table; a value that is no TOML is taken as text.
absl::Status Override(toml::table& root, std::string_view setting) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(std::string(setting), absl::MaxSplits('=', 1));
  std::vector<std::string> path = absl::StrSplit(parts.first, '.');
  if (path.size() < 2 || !absl::StrContains(setting, '=')) {
    return Invalid(setting, "--set wants section.key=value");
  }
  toml::table* table = &root;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    toml::node* next = table->get(path[i]);
    if (next == nullptr) {
      next = &table->insert(path[i], toml::table()).first->second;
    }
    table = next->as_table();
    if (table == nullptr) {
      return Invalid(parts.first, "not a section");
    }
  }
  try {
    toml::table parsed = toml::parse(absl::StrCat("value = ", parts.second));
    table->insert_or_assign(path.back(), std::move(*parsed.get("value")));
  } catch (const toml::parse_error&) {
    table->insert_or_assign(path.back(), std::string(parts.second));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view text, const std::vector<std::string>& overrides) {
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return Invalid(absl::StrCat("line ", error.source().begin.line, ", column ", error.source().begin.column),
                   error.description());
  }
  for (const std::string& setting : overrides) {
    RETURN_IF_ERROR(Override(root, setting));
  }
  Config config;
  const Setters fixed = FixedKeys(config);
  for (const auto& [section, node] : root) {
    if (!node.is_table()) {
      return Invalid(section.str(), "must be a section");
    }
    RETURN_IF_ERROR(ReadSection(config, fixed, section.str(), *node.as_table()));
  }
  return config;
}

absl::StatusOr<Config> ConfigFromArgs(int argc, const char* const* argv) {
  std::string file;
  std::vector<std::string> overrides;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (i + 1 >= argc || (argument != "--config" && argument != "--set")) {
      return Invalid(argument, "usage: --config <file> [--set section.key=value]...");
    }
    const char* value = argv[++i];
    if (argument == "--config") {
      file = value;
    } else {
      overrides.emplace_back(value);
    }
  }
  std::string text;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(text, LoadFile(file));
  }
  return ParseConfig(text, overrides);
}

}  // namespace ruraledu::rpc
